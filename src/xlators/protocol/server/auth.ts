import { createHash, timingSafeEqual } from 'node:crypto';
import type { Options } from '../../../graph/spec.js';
import { addressPatterns, matchesAddress, shellPattern } from './address.js';

/** Who asks to use a subvolume. */
export interface Applicant {
  readonly address: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The common name of the certificate that was shown over TLS. */
  readonly peerName?: string | undefined;
  /** The directory that is wanted as the root. */
  readonly subdir?: string;
}

export type Verdict =
  /** `login` is the user whose password was right, if the applicant named one. */
  | { readonly isAccepted: true; readonly login: string | undefined }
  | { readonly isAccepted: false; readonly why: string };

type Opinion = 'accept' | 'reject' | 'no-opinion';
type Lists = ReadonlyMap<string, string>;

/**
 * Who may use which subvolume (wire reference, section 8.4): the modules for which there are options each have an
 * opinion; one rejection is enough, and one acceptance is needed.
 */
export class AuthRules {
  private readonly rejectedAddresses: Lists;
  private readonly allowedAddresses: Lists;
  private readonly allowedUsers: Lists;
  private readonly allowedNames: Lists;
  private readonly passwords: Lists;
  private readonly isStrict: boolean;

  constructor(options: Options) {
    this.rejectedAddresses = options.matching('auth.addr.*.reject');
    this.allowedAddresses = new Map([
      ...options.matching('auth.ip.*.allow'),
      ...options.matching('auth.addr.*.allow'),
    ]);
    this.allowedUsers = options.matching('auth.login.*.allow');
    this.allowedNames = options.matching('auth.login.*.ssl-allow');
    this.passwords = options.matching('auth.login.*.password');
    this.isStrict = options.bool('strict-auth-accept');
  }

  /** False where nobody could ever be let in. */
  get canAccept(): boolean {
    return (
      this.allowedAddresses.size > 0 || this.allowedUsers.size > 0 || this.allowedNames.size > 0
    );
  }

  /** `names` are those under which the subvolume may stand in the options, the first that does counts. */
  judge(names: readonly string[], applicant: Applicant): Verdict {
    const address = this.addressOpinion(names, applicant);
    if (address === 'reject') return refused(`address ${applicant.address} is rejected`);
    const name = this.nameOpinion(names, applicant.peerName);
    if (name === 'reject') return refused(`certificate ${applicant.peerName} is not allowed`);
    const login = this.loginOpinion(names, applicant);
    if (login === 'reject') return refused('the user name or password is wrong');
    if (login === 'accept') return { isAccepted: true, login: applicant.username };
    if (address === 'accept' || name === 'accept') return { isAccepted: true, login: undefined };
    return refused(`neither address ${applicant.address} nor a user is allowed`);
  }

  private addressOpinion(names: readonly string[], { address, subdir = '/' }: Applicant): Opinion {
    if (matchesAddress(address, addressPatterns(find(this.rejectedAddresses, names)), subdir))
      return 'reject';
    const allowed = addressPatterns(find(this.allowedAddresses, names));
    return matchesAddress(address, allowed, subdir) ? 'accept' : 'no-opinion';
  }

  /** Whoever comes over TLS is to be listed, where there is a list. */
  private nameOpinion(names: readonly string[], peerName: string | undefined): Opinion {
    const key = names.find((name) => this.allowedNames.has(name));
    if (key === undefined) return 'no-opinion';
    if (peerName === undefined) return 'no-opinion';
    const patterns = (this.allowedNames.get(key) ?? '').split(/[\s,]+/);
    return patterns.some((pattern) => pattern !== '' && shellPattern(pattern).test(peerName))
      ? 'accept'
      : 'reject';
  }

  private loginOpinion(names: readonly string[], applicant: Applicant): Opinion {
    const { username, password } = applicant;
    const unlisted = this.isStrict && this.allowedUsers.size > 0 ? 'reject' : 'no-opinion';
    const users = find(this.allowedUsers, names)
      .split(/[\s,]+/)
      .filter((user) => user !== '');
    if (username === undefined || !users.includes(username)) return unlisted;
    const expected = this.passwords.get(username);
    if (expected === undefined || password === undefined) return 'reject';
    return isSame(expected, password) ? 'accept' : 'reject';
  }
}

function refused(why: string): Verdict {
  return { isAccepted: false, why };
}

function find(lists: Lists, names: readonly string[]): string {
  for (const name of names) {
    const list = lists.get(name);
    if (list !== undefined) return list;
  }
  return '';
}

/** In a time that does not tell where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(one), digest(other));
}
