import { clusterReplicate } from '../xlators/cluster/replicate/replicate.js';
import { debugIoStats } from '../xlators/debug/io-stats/io-stats.js';
import { featuresLocks } from '../xlators/features/locks/locks.js';
import { featuresReadOnly } from '../xlators/features/read-only/read-only.js';
import { protocolClient } from '../xlators/protocol/client/client.js';
import { protocolServer } from '../xlators/protocol/server/server.js';
import { storagePosix } from '../xlators/storage/posix/posix.js';
import { registryOf } from './registry.js';

/** Every type that a volfile may name: a new translator adds its line here. */
export const TRANSLATORS = registryOf([
  clusterReplicate,
  debugIoStats,
  featuresLocks,
  featuresReadOnly,
  protocolClient,
  protocolServer,
  storagePosix,
]);
