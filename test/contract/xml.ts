import assert from 'node:assert/strict';

/** An element of an XML answer: its text, or what is below it. */
export interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Element[];
}

/** Reads an XML document as AWS writes it: elements and text, no comments and no mixed content. */
export function parseXml(document: string): Element {
  const tokens = document.match(/<[^>]+>|[^<]+/g) ?? [];
  let at = 0;
  const element = (): Element => {
    const [, name = ''] = /^<([\w:]+)[^>]*>$/.exec(tokens[at++] ?? '') ?? [];
    assert.ok(name, `an element should begin here: ${tokens[at - 1]}`);
    const children: Element[] = [];
    let text = '';
    while (at < tokens.length && tokens[at] !== `</${name}>`) {
      if (tokens[at]?.startsWith('<')) {
        children.push(element());
      } else {
        text += decode(tokens[at++] ?? '');
      }
    }
    assert.equal(tokens[at++], `</${name}>`);
    return { name, text, children };
  };
  const root = element();
  assert.equal(at, tokens.length, 'there is something behind the document');
  return root;
}

function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#xD;', '\r')
    .replaceAll('&amp;', '&');
}
