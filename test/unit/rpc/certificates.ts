import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Certificates for tests, made by openssl(1) below one directory. */
export class Certificates {
  constructor(private readonly directory: string) {}

  /** An authority, signed by itself or by another. */
  authority(name: string, by?: string): void {
    const parent = by === undefined ? [] : this.signer(by);
    this.request(name, [...parent, '-addext', 'basicConstraints=critical,CA:true']);
  }

  /** A certificate for a common name, with the chain of `through` behind it. */
  leaf(name: string, by: string, through: readonly string[] = []): void {
    this.request(name, this.signer(by));
    const chain = [name, ...through].map((one) => this.read(one));
    writeFileSync(this.path(name), chain.join(''));
  }

  path(name: string, end = 'pem'): string {
    return join(this.directory, `${name}.${end}`);
  }

  /** The options by which a translator shows `name` and believes `authority`. */
  options(name: string, authority: string): Record<string, string> {
    return {
      'transport.socket.ssl-enabled': 'on',
      'transport.socket.ssl-own-cert': this.path(name),
      'transport.socket.ssl-private-key': this.path(name, 'key'),
      'transport.socket.ssl-ca-list': this.path(authority),
    };
  }

  private signer(by: string): readonly string[] {
    return ['-CA', this.path(by), '-CAkey', this.path(by, 'key')];
  }

  private request(name: string, more: readonly string[]): void {
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const files = ['-nodes', '-keyout', this.path(name, 'key'), '-out', this.path(name)];
    const subject = ['-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...words, ...files, ...subject, ...more], { stdio: 'pipe' });
  }

  private read(name: string): string {
    return execFileSync('openssl', ['x509', '-in', this.path(name)], { encoding: 'latin1' });
  }
}
