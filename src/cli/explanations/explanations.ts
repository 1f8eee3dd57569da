import type { Code } from '../../config/error.js';
import { ACCESS } from './access.js';
import { AVAILABILITY } from './availability.js';
import { DISKS } from './disks.js';
import type { Explanation } from './explanation.js';
import { HOST } from './host.js';
import { MEMBERSHIP } from './membership.js';
import { NODE } from './node.js';
import { REQUESTS } from './requests.js';
import { VERIFICATION } from './verification.js';

/** Of every code: a new one does not compile until it is explained in one of these tables. */
export const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  ...REQUESTS,
  ...AVAILABILITY,
  ...MEMBERSHIP,
  ...VERIFICATION,
  ...ACCESS,
  ...NODE,
  ...HOST,
  ...DISKS,
};
