/** Names of attributes that both ends of a wire know. */

/** On a file of which a sync has failed: what stands in it may not be on the platter, whatever a read says. */
export const FAILED_SYNC_XATTR = 'trusted.hekafs.failed-sync';
