/** What `hfs_config explain` says of a code, in sentences. */
export interface Explanation {
  /** What has happened, and what has not. */
  readonly means: string;
  /** What usually brings it about, likeliest first. */
  readonly causes: readonly string[];
  /** What to do, in this order. */
  readonly todo: readonly string[];
}
