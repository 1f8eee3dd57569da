import type { RpcConnection } from './connection.js';
import { AUTH_GLUSTERFS_V2, encodeCredential, OWN_FRAME } from './credentials.js';
import { malformed } from './error.js';
import type { IncomingCall } from './incoming-call.js';
import { NO_PROCEDURE } from './message.js';
import { DUMP, DUMP_PROGRAM, type Program } from './programs.js';
import type { Reader } from './xdr.js';

/*
 * GF-DUMP: which programs does the peer serve, and is it alive (wire reference, section 4).
 *
 *   DUMP  gfs_id(8)  ->  gfs_id(8) op_ret op_errno list of { name<> number(8) version(8) }
 *   PING             ->  op_ret op_errno xdata<>
 */

/** What GlusterFS's clients send as their id. */
const CLIENT_ID = 0xcaed;
const MAX_PROGRAMS = 256;

/** Answers both procedures, for a peer that serves `programs`. */
export function answerDump(call: IncomingCall, programs: readonly Program[]): void {
  const { procedure } = call.header;
  if (procedure === DUMP.DUMP) sendPrograms(call, programs);
  else if (procedure === DUMP.PING || procedure === 0) sendNothing(call);
  else call.refuse(NO_PROCEDURE);
}

/** Success, no errno, no xdata: the answer to pings and to the null procedure of every program. */
export function sendNothing(call: IncomingCall): void {
  const writer = call.beginReply();
  writer.zeros(12);
  call.send(writer);
}

function sendPrograms(call: IncomingCall, programs: readonly Program[]): void {
  const writer = call.beginReply();
  writer.zeros(16);
  for (const program of programs) {
    writer.u32(1);
    writer.string(program.name);
    writer.u64(program.number);
    writer.u64(program.version);
  }
  writer.u32(0);
  call.send(writer);
}

/** Asks which programs the peer serves. */
export async function askPrograms(
  connection: RpcConnection,
  timeoutMs: number,
): Promise<readonly Program[]> {
  const credential = encodeCredential(OWN_FRAME, AUTH_GLUSTERFS_V2);
  const call = connection.beginCall(DUMP_PROGRAM, DUMP.DUMP, credential);
  call.writer.u64(CLIENT_ID);
  return readPrograms(await connection.finishCall(call, undefined, timeoutMs));
}

function readPrograms(results: Reader): readonly Program[] {
  results.u64();
  if (results.i32() < 0) throw malformed('the peer lists no programs');
  results.i32();
  const programs: Program[] = [];
  while (results.u32() !== 0) {
    if (programs.length === MAX_PROGRAMS) throw malformed('a peer with too many programs');
    const name = results.string();
    const number = results.u64();
    programs.push({ name, number, version: results.u64() });
  }
  results.done();
  return programs;
}

/** Asks whether the peer is alive; any answer says yes. */
export async function ping(
  connection: RpcConnection,
  credential: Buffer,
  timeoutMs: number,
): Promise<void> {
  const call = connection.beginCall(DUMP_PROGRAM, DUMP.PING, credential);
  await connection.finishCall(call, undefined, timeoutMs);
}
