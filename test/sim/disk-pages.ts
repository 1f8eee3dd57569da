/** Bytes of a simulated file. A page that was never written is a hole. */
export const PAGE_BYTES = 4096;

/** What a change replaced, so that it can be taken back. */
export interface PagesBefore {
  readonly size: number;
  readonly pages: ReadonlyMap<number, Uint8Array | undefined>;
}

export class Pages {
  size = 0;
  private pages = new Map<number, Uint8Array>();

  get allocatedBytes(): number {
    return this.pages.size * PAGE_BYTES;
  }

  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - offset));
    for (let done = 0; done < count; ) {
      const { index, within, room } = place(offset + done);
      const length = Math.min(room, count - done);
      const page = this.pages.get(index);
      if (page === undefined) into.fill(0, done, done + length);
      else into.set(page.subarray(within, within + length), done);
      done += length;
    }
    return count;
  }

  write(data: Uint8Array, offset: number): void {
    for (let done = 0; done < data.length; ) {
      const { index, within, room } = place(offset + done);
      const length = Math.min(room, data.length - done);
      this.page(index).set(data.subarray(done, done + length), within);
      done += length;
    }
    if (data.length > 0) this.size = Math.max(this.size, offset + data.length);
  }

  truncate(size: number): void {
    if (size < this.size) this.zero(size, this.lastByte() - size);
    this.size = size;
  }

  /** Makes holes of the whole pages in the range and zeros of the rest. */
  zero(offset: number, length: number): void {
    for (const index of this.indexesWithin(offset, length)) {
      const start = index * PAGE_BYTES;
      const from = Math.max(offset - start, 0);
      const to = Math.min(offset + length - start, PAGE_BYTES);
      if (from === 0 && to === PAGE_BYTES) this.pages.delete(index);
      else this.page(index).fill(0, from, to);
    }
  }

  /** Gives the range room of its own; the size stays. */
  allocate(offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += place(at).room) this.page(place(at).index);
  }

  /** Bytes that a write to the range would take from the disk. */
  missingBytes(offset: number, length: number): number {
    let missing = 0;
    for (let at = offset; at < offset + length; at += place(at).room)
      if (!this.pages.has(place(at).index)) missing += PAGE_BYTES;
    return missing;
  }

  /** The next offset that lies in data (or in a hole), or undefined where there is none. */
  seek(offset: number, what: 'data' | 'hole'): number | undefined {
    for (let at = offset; at < this.size; at += place(at).room)
      if (this.pages.has(place(at).index) === (what === 'data')) return at;
    return what === 'hole' ? this.size : undefined;
  }

  /** What lies in the range now, and the size. */
  before(offset: number, length: number): PagesBefore {
    const pages = new Map<number, Uint8Array | undefined>();
    for (const index of this.touched(offset, length)) pages.set(index, this.copyOf(index));
    return { size: this.size, pages };
  }

  restore(before: PagesBefore): void {
    this.size = before.size;
    for (const [index, page] of before.pages) {
      if (page === undefined) this.pages.delete(index);
      else this.pages.set(index, page.slice());
    }
  }

  private lastByte(): number {
    return Math.max(this.size, ...[...this.pages.keys()].map((index) => (index + 1) * PAGE_BYTES));
  }

  private copyOf(index: number): Uint8Array | undefined {
    return this.pages.get(index)?.slice();
  }

  private touched(offset: number, length: number): Iterable<number> {
    if (length === Number.POSITIVE_INFINITY) return this.indexesWithin(offset, length);
    const first = Math.floor(offset / PAGE_BYTES);
    const count = length === 0 ? 0 : Math.floor((offset + length - 1) / PAGE_BYTES) - first + 1;
    return Array.from({ length: count }, (_, n) => first + n);
  }

  private indexesWithin(offset: number, length: number): number[] {
    return [...this.pages.keys()].filter(
      (index) => (index + 1) * PAGE_BYTES > offset && index * PAGE_BYTES < offset + length,
    );
  }

  private page(index: number): Uint8Array {
    let page = this.pages.get(index);
    if (page === undefined) {
      page = new Uint8Array(PAGE_BYTES);
      this.pages.set(index, page);
    }
    return page;
  }
}

function place(offset: number): { index: number; within: number; room: number } {
  const index = Math.floor(offset / PAGE_BYTES);
  const within = offset - index * PAGE_BYTES;
  return { index, within, room: PAGE_BYTES - within };
}
