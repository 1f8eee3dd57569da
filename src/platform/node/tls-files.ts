import { constants } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { TlsSettings } from '../network.js';

/** A list of ciphers without one of these would switch TLS 1.3 off in Node. */
const TLS13_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
/** Longer chains are no chains. */
const MAX_CHAIN = 100;

/** Reads what TLS needs, and throws an Error that names what cannot be used. */
export function readTlsFiles(settings: TlsSettings): SecureContextOptions {
  const { revocations, dhParameters, curves } = settings;
  const options: SecureContextOptions = {
    cert: read('certificate', settings.certificate),
    key: read('private key', settings.privateKey),
    ca: read('list of authorities', settings.authorities),
    ciphers: `${TLS13_SUITES}:${settings.ciphers}`,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(revocations !== undefined && { crl: readAll(revocations) }),
    ...(dhParameters !== undefined && { dhparam: read('DH parameters', dhParameters) }),
    ...(curves !== undefined && { ecdhCurve: curves }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`TLS with ${settings.certificate} and ${settings.privateKey}: ${why}`);
  }
  return options;
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`TLS: the ${what} cannot be read: ${why}`);
  }
}

function readAll(directory: string): Buffer[] {
  try {
    return readdirSync(directory).map((name) => read('revocation list', join(directory, name)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`TLS: the revocation lists cannot be read: ${why}`);
  }
}

/** What is wrong with the length of the peer's chain of certificates, which Node does not look at, if anything. */
export function chainFault(socket: TLSSocket, depth: number): string | undefined {
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  if (certificate.subject === undefined) return 'NO_PEER_CERTIFICATE';
  let between = -1;
  for (let step = 0; step < MAX_CHAIN && certificate !== undefined; step += 1) {
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    if (issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256) break;
    between += 1;
    certificate = issuer;
  }
  return between > depth ? 'CERT_CHAIN_TOO_LONG' : undefined;
}

/** The common name of the certificate that the peer has shown. */
export function commonName(socket: TLSSocket): string | undefined {
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
