import { clusterReplicate } from '../xlators/cluster/replicate/replicate.js';
import { debugDelayGen } from '../xlators/debug/delay-gen/delay-gen.js';
import { debugErrorGen } from '../xlators/debug/error-gen/error-gen.js';
import { debugIoStats } from '../xlators/debug/io-stats/io-stats.js';
import { debugTrace } from '../xlators/debug/trace/trace.js';
import { featuresAccessControl } from '../xlators/features/access-control/access-control.js';
import { featuresBarrier } from '../xlators/features/barrier/barrier.js';
import { featuresBitrotStub } from '../xlators/features/bitrot-stub/bitrot-stub.js';
import { featuresChangelog } from '../xlators/features/changelog/changelog.js';
import { featuresIndex } from '../xlators/features/index/index.js';
import { featuresLeases } from '../xlators/features/leases/leases.js';
import { featuresLocks } from '../xlators/features/locks/locks.js';
import { featuresMarker } from '../xlators/features/marker/marker.js';
import { featuresQuota } from '../xlators/features/quota/quota.js';
import { featuresReadOnly } from '../xlators/features/read-only/read-only.js';
import { featuresSelinux } from '../xlators/features/selinux/selinux.js';
import { featuresTrash } from '../xlators/features/trash/trash.js';
import { featuresUpcall } from '../xlators/features/upcall/upcall.js';
import { featuresWorm } from '../xlators/features/worm/worm.js';
import { performanceIoThreads } from '../xlators/performance/io-threads/io-threads.js';
import { protocolClient } from '../xlators/protocol/client/client.js';
import { protocolServer } from '../xlators/protocol/server/server.js';
import { storagePosix } from '../xlators/storage/posix/posix.js';
import { registryOf } from './registry.js';

/** Every type that a volfile may name: a new translator adds its line here. */
export const TRANSLATORS = registryOf([
  clusterReplicate,
  debugDelayGen,
  debugErrorGen,
  debugIoStats,
  debugTrace,
  featuresAccessControl,
  featuresBarrier,
  featuresBitrotStub,
  featuresChangelog,
  featuresIndex,
  featuresLeases,
  featuresLocks,
  featuresMarker,
  featuresQuota,
  featuresReadOnly,
  featuresSelinux,
  featuresTrash,
  featuresUpcall,
  featuresWorm,
  performanceIoThreads,
  protocolClient,
  protocolServer,
  storagePosix,
]);
