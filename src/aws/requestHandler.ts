/** A request of the SDK, as far as it matters where it goes. */
export interface Destination {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  readonly query?: Readonly<Record<string, unknown>>;
}

interface Handler {
  handle(request: Destination, options?: unknown): Promise<{ readonly response: { readonly statusCode: number } }>;
}

/** What the SDK's clients take as an extension of theirs, as far as it is used here. */
export interface HandlerExtension {
  httpHandler(): Handler;
}
