import { spawn } from 'node:child_process';
import { readXml, type XmlElement } from './xml.js';

/** One peer as `gluster peer status --xml` has it. */
export interface GlusterPeer {
  /** All names by which glusterd knows it, without ports. */
  readonly names: readonly string[];
  /** As people are told: connected or not, and what glusterd calls its state. */
  readonly state: string;
}

const DEADLINE_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
const WELL = 'Peer in Cluster';

/** What `gluster` printed, and how it ended. */
export interface GlusterSaid {
  readonly stdout: string;
  readonly stderr: string;
  /** A signal's name where one ended it. */
  readonly exit: number | string;
}

/**
 * The peers in what gluster said: the other nodes, never this one. Disconnected and rejected ones are among them, since hekafsd may
 * answer there all the same. Throws an Error with what gluster complained about: without a glusterd it prints plain text.
 */
export function glusterPeers(said: GlusterSaid): readonly GlusterPeer[] {
  const { stdout, exit } = said;
  const root = isXml(stdout) ? readXml(stdout) : undefined;
  if (root?.name !== 'cliOutput') throw new Error(complaintOf(said));
  const code = textOf(root, 'opRet');
  if (code !== '0')
    throw new Error(`gluster answered ${code}: ${textOf(root, 'opErrstr') || 'without a reason'}`);
  if (exit !== 0) throw new Error(complaintOf(said));
  const list = childOf(root, 'peerStatus');
  return (list?.children ?? []).filter(({ name }) => name === 'peer').map(peerOf);
}

function peerOf(peer: XmlElement): GlusterPeer {
  const others = childOf(peer, 'hostnames')?.children ?? [];
  const all = [textOf(peer, 'hostname'), ...others.map(({ text }) => text)];
  const names = [...new Set(all.map((each) => each.trim()))];
  const isConnected = textOf(peer, 'connected') === '1';
  const called = textOf(peer, 'stateStr');
  const connection = isConnected ? 'connected' : 'disconnected';
  return {
    names: names.filter((name) => name !== '' && name !== 'localhost'),
    state: called === '' || called === WELL ? connection : `${connection}, ${called}`,
  };
}

function complaintOf({ stdout, stderr, exit }: GlusterSaid): string {
  const [line = ''] = `${stdout}\n${stderr}`.split('\n').filter((each) => each.trim() !== '');
  const how = typeof exit === 'number' ? `exit code ${exit}` : `ended by ${exit}`;
  return `gluster peer status: ${how}${line === '' ? '' : `, ${line.trim().slice(0, 200)}`}`;
}

function isXml(text: string): boolean {
  return text.trimStart().startsWith('<');
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text.trim() ?? '';
}

/** Runs `gluster peer status --xml`. Throws an Error where it is not there, or does not end in time. */
export function runGluster(deadlineMs = DEADLINE_MS): Promise<GlusterSaid> {
  const words = ['--mode=script', 'peer', 'status', '--xml'];
  const signal = AbortSignal.timeout(deadlineMs);
  return new Promise((resolve, reject) => {
    const child = spawn('gluster', words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    const said = { stdout: '', stderr: '' };
    const hear = (name: 'stdout' | 'stderr') => (chunk: string) => {
      if (said[name].length < MAX_BYTES) said[name] += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', hear('stdout'));
    child.stderr.setEncoding('utf8').on('data', hear('stderr'));
    child.once('error', (error: NodeJS.ErrnoException) => {
      // A child of its own may hold the pipes for longer.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new Error(whyNot(error, signal.aborted, deadlineMs)));
    });
    child.once('close', (code, ended) => resolve({ ...said, exit: code ?? ended ?? -1 }));
  });
}

function whyNot(error: NodeJS.ErrnoException, isLate: boolean, deadlineMs: number): string {
  if (isLate) return `gluster peer status did not end within ${deadlineMs / 1000} s`;
  return error.code === 'ENOENT' ? 'gluster is not installed' : error.message;
}
