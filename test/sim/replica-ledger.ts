/** What became of a message: not there yet, or it may be; there; gone, or it may be. */
type State = 'maybe' | 'there' | 'maybe-gone' | 'gone';

interface Message {
  state: State;
  readonly text: string;
}

/** One block of a file that one client alone rewrites in place: what it may hold. */
type Block = Set<string>;

/** What the clients of a replica set were told, and so what must be found at the end. */
export class ReplicaLedger {
  private readonly messages = new Map<string, Message>();
  private readonly blocks = new Map<string, Block>();
  /** Answers that no client of a volume with a quorum may get. */
  readonly scandals: string[] = [];

  attempt(name: string, text: string): void {
    this.messages.set(name, { state: 'maybe', text });
  }

  become(name: string, state: State): void {
    const message = this.messages.get(name);
    if (message) message.state = state;
  }

  get living(): readonly string[] {
    return [...this.messages].filter(([, { state }]) => state === 'there').map(([name]) => name);
  }

  /** A block is about to be written; until that is answered it holds either. */
  writing(key: string, text: string): void {
    const block = this.blocks.get(key) ?? new Set(['']);
    this.blocks.set(key, block.add(text));
  }

  written(key: string, text: string): void {
    this.blocks.set(key, new Set([text]));
  }

  /** `found` has the content of every name. */
  judge(found: ReadonlyMap<string, string>, blockAt: (key: string) => string): readonly string[] {
    const findings = [...this.scandals];
    for (const [name, { state, text }] of this.messages) {
      const content = found.get(name);
      if (state === 'there' && content === undefined) findings.push(`message ${name} is lost`);
      if (state === 'gone' && content !== undefined) findings.push(`message ${name} is back`);
      if (content !== undefined && state !== 'maybe' && content !== text)
        findings.push(`message ${name} is ${JSON.stringify(content)} instead of ${text}`);
    }
    for (const [key, block] of this.blocks)
      if (!block.has(blockAt(key)))
        findings.push(`block ${key} is ${blockAt(key)} instead of ${[...block].join(' or ')}`);
    return findings;
  }

  get size(): number {
    return this.living.length + this.blocks.size;
  }
}
