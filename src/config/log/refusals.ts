import type { ConfigError } from '../error.js';

const MAX_REFUSALS = 10_000;

/** Requests that were refused, the newest ones: a copy that arrives late must not be done in another state. */
export class Refusals {
  private readonly byRequest = new Map<string, ConfigError>();

  add(requestId: string, why: ConfigError): void {
    if (requestId === '') return;
    this.byRequest.set(requestId, why);
    for (const oldest of this.byRequest.keys()) {
      if (this.byRequest.size <= MAX_REFUSALS) return;
      this.byRequest.delete(oldest);
    }
  }

  get(requestId: string): ConfigError | undefined {
    return this.byRequest.get(requestId);
  }
}
