/** A request of the SDK, as far as it says where it goes. */
export interface OutgoingRequest {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  readonly query?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly response: { readonly statusCode: number; readonly headers: Readonly<Record<string, string | undefined>> };
}

/** What an extension of the SDK's clients is given, as far as it is used here. */
interface HandlerExtension {
  httpHandler(): { handle(request: OutgoingRequest, options?: unknown): Promise<Answer> };
}

/**
 * An extension for the SDK's clients that passes each of their requests through `pass`.
 * @param pass sends the request, changed or not, by `send`
 */
export function interceptRequests(
  pass: (request: OutgoingRequest, send: (request: OutgoingRequest) => Promise<Answer>) => Promise<Answer>,
) {
  return {
    configure: (client: HandlerExtension) => {
      // The SDK makes the handler for this one client, so changing it changes no other.
      const handler = client.httpHandler();
      const send = handler.handle.bind(handler);
      handler.handle = (request, options) => pass(request, (passed) => send(passed, options));
    },
  };
}
