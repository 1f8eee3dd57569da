/** Whoever an event happens to. The events of a dead owner are dropped, those of a paused one held. */
export interface Owner {
  readonly label: string;
  readonly isAlive: boolean;
  readonly isPaused: boolean;
  /** Takes an event that came due while paused; the owner hands it back to the kernel when resumed. */
  hold(event: SimEvent): void;
}

/** Something that will happen at a moment of virtual time. */
export class SimEvent {
  isCancelled = false;

  constructor(
    readonly timeUs: number,
    readonly sequence: number,
    readonly owner: Owner | null,
    readonly label: string,
    readonly run: () => void,
  ) {}

  cancel(): void {
    this.isCancelled = true;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.sequence < b.sequence);
}

/** Events in the order of (time, sequence): a binary heap. */
export class EventQueue {
  private readonly heap: SimEvent[] = [];

  get size(): number {
    return this.heap.length;
  }

  peek(): SimEvent | undefined {
    return this.heap[0];
  }

  push(event: SimEvent): void {
    let at = this.heap.length;
    this.heap.push(event);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = this.heap[up];
      if (parent === undefined || isBefore(parent, event)) break;
      this.heap[at] = parent;
      at = up;
    }
    this.heap[at] = event;
  }

  pop(): SimEvent | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(event: SimEvent): void {
    let at = 0;
    for (;;) {
      const down = this.earlierChild(at);
      const child = this.heap[down];
      if (child === undefined || isBefore(event, child)) break;
      this.heap[at] = child;
      at = down;
    }
    this.heap[at] = event;
  }

  private earlierChild(at: number): number {
    const left = this.heap[2 * at + 1];
    const right = this.heap[2 * at + 2];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    return 2 * at + (isRight ? 2 : 1);
  }
}
