/** Where a stream leads, or where a listener listens. `host` is an address, never a name. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The bytes of one connection, in order. */
export interface ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The common name of the certificate that the peer has shown over TLS: known once its first bytes have come. */
  readonly peerName?: string | undefined;
  /**
   * Queues the chunks as one write. Silently dropped once closed. They must not be changed until `taken` is called; a stream
   * that cannot tell when that is never calls it.
   */
  write(chunks: readonly Uint8Array[], taken?: () => void): void;
  /** Bytes queued and not yet taken by the system: for back-pressure. */
  readonly queuedBytes: number;
  /** Stops and restarts `data`; what has arrived meanwhile waits. */
  pause(): void;
  resume(): void;
  /** Ends the connection at once; `closed` follows, once. */
  close(why?: string): void;
}

/** What a stream's owner is told. Nothing is told after `closed`. */
export interface StreamEvents {
  /** The chunk is the stream's again when this returns. */
  data(chunk: Buffer): void;
  /** The queue has drained below the system's mark. */
  drain(): void;
  /** The connection is over, for either side's reasons. */
  closed(why: string): void;
}

export interface Listener {
  readonly endpoint: Endpoint;
  /** Stops accepting; accepted streams live on. */
  close(): Promise<void>;
}

/** What a side presents over TLS, and whom it believes. Paths are of PEM files. */
export interface TlsSettings {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authorities: string;
  /** A directory of revocation lists. */
  readonly revocations?: string | undefined;
  readonly dhParameters?: string | undefined;
  readonly curves?: string | undefined;
  /** In the words of OpenSSL, for TLS 1.2; the suites of 1.3 are always on. */
  readonly ciphers: string;
  /** How many certificates may stand between the peer's and an authority's. */
  readonly depth: number;
}

export interface Network {
  /**
   * Opens a connection within `timeoutMs`, or throws a NetworkError. `events` is called only after the
   * promise has settled.
   */
  connect(
    to: Endpoint,
    events: (stream: ByteStream) => StreamEvents,
    timeoutMs: number,
  ): Promise<ByteStream>;
  /** Accepts connections; port 0 takes a free one. Throws a NetworkError, `EADDRINUSE` for a taken port. */
  listen(at: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<Listener>;
  /**
   * The same network with TLS from the first byte, each side showing a certificate. Reads the files, and throws an Error that names
   * the one it cannot use. Undefined where a network has no TLS.
   */
  readonly secured?: (settings: TlsSettings) => Network;
}

export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor(
    /** `ECONNREFUSED`, `ETIMEDOUT`, `EADDRINUSE`, … */
    readonly code: string,
    readonly endpoint: Endpoint,
  ) {
    super(`${code} ${endpointText(endpoint)}`);
  }
}
