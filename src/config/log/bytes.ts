/** The bytes of a log do not add up; `offset` is where. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(
    why: string,
    readonly offset: number,
  ) {
    super(`${why} at byte ${offset}`);
  }
}

/** Whole and right, and of a version that this release does not know: only a newer one reads on. */
export class NewerFormat extends FormatError {}

/** Collects fields, big-endian, and gives them out as one buffer. */
export class ByteWriter {
  private readonly parts: Buffer[] = [];

  u8(value: number): this {
    this.parts.push(Buffer.of(value));
    return this;
  }

  u16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeUInt16BE(value);
    this.parts.push(part);
    return this;
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    this.parts.push(part);
    return this;
  }

  u64(value: number): this {
    const part = Buffer.allocUnsafe(8);
    part.writeUInt32BE(Math.floor(value / 0x1_0000_0000), 0);
    part.writeUInt32BE(value % 0x1_0000_0000, 4);
    this.parts.push(part);
    return this;
  }

  /** A canonical uuid as its 16 bytes. */
  uuid(text: string): this {
    this.parts.push(Buffer.from(text.replaceAll('-', ''), 'hex'));
    return this;
  }

  raw(bytes: Buffer): this {
    this.parts.push(bytes);
    return this;
  }

  /** Text with its length in bytes, at most 65,535, before it. */
  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.u16(bytes.length).raw(bytes);
  }

  /** Bytes with their length before them. */
  blob(bytes: Buffer): this {
    return this.u32(bytes.length).raw(bytes);
  }

  finish(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Reads what ByteWriter wrote; every field is checked against the end before it is touched. */
export class ByteReader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
    private readonly end = bytes.length,
  ) {}

  private take(count: number): number {
    const from = this.at;
    if (count > this.end - from) throw new FormatError('cut short', from);
    this.at = from + count;
    return from;
  }

  get offset(): number {
    return this.at;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  u64(): number {
    const from = this.take(8);
    const value = this.bytes.readUInt32BE(from) * 0x1_0000_0000 + this.bytes.readUInt32BE(from + 4);
    if (!Number.isSafeInteger(value)) throw new FormatError('number too large', from);
    return value;
  }

  uuid(): string {
    const hex = this.raw(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** A view, not a copy. */
  raw(count: number): Buffer {
    const from = this.take(count);
    return this.bytes.subarray(from, from + count);
  }

  text(): string {
    return this.raw(this.u16()).toString('utf8');
  }

  /** A view, not a copy. */
  blob(): Buffer {
    return this.raw(this.u32());
  }

  /** Nothing may be left over. */
  done(): void {
    if (this.left !== 0) throw new FormatError(`${this.left} bytes too many`, this.at);
  }
}
