import type { WireRequest } from '../../src/emulator/wire.ts';

/** What serves requests. */
export interface Service {
  handle(request: WireRequest): Reply;
  /** Asked over HTTP before the body is read: whether to close the connection then and there. */
  hangsUp?(head: Omit<WireRequest, 'body'>): boolean;
}

/** How an answer travels. Times are milliseconds. */
export type Delivery =
  | { readonly kind: 'whole' }
  /** The second half of the body comes this much later. */
  | { readonly kind: 'slowBody'; readonly ms: number }
  /** The connection is closed in the middle of the body. */
  | { readonly kind: 'cutBody' }
  /** The connection is closed in the middle of the headers. */
  | { readonly kind: 'cutHead' }
  /** Half of the body, as if that were all of it: what a broken proxy makes of an answer. */
  | { readonly kind: 'halfBody' };

/** What the client is to see, after `delayMs` milliseconds. */
export type Reply =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly delayMs: number;
      readonly delivery: Delivery;
    }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop'; readonly delayMs: number }
  /** The connection stays open without an answer. */
  | { readonly kind: 'hang' };
