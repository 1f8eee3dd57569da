import { type ErrnoName, errnoNumber } from '../fop/error.js';
import { decodeFlatDict, encodeFlatDict, type FlatDict } from './flat-dict.js';
import type { IncomingCall } from './incoming-call.js';
import type { Reader } from './xdr.js';

/*
 * Arguments and results of the handshake and portmap programs (wire reference, sections 8.2, 8.3 and 16).
 *
 *   SETVOLUME    dict<>                    ->  op_ret op_errno dict<>
 *   GETSPEC      flags key<> xdata<>       ->  op_ret op_errno spec<> xdata<>
 *   SET_LK_VER   uid<> lk_ver              ->  op_ret op_errno lk_ver
 *   PORTBYBRICK  brick<>                   ->  op_ret op_errno status port
 */

export interface SetVolumeAnswer {
  readonly isAccepted: boolean;
  readonly errno: number;
  readonly dict: FlatDict;
}

export function readSetVolume(args: Reader): FlatDict {
  const dict = decodeFlatDict(args.opaque());
  args.done();
  return dict;
}

export function sendSetVolume(
  call: IncomingCall,
  errno: ErrnoName | undefined,
  dict: FlatDict,
): void {
  const writer = call.beginReply();
  writer.i32(errno === undefined ? 0 : -1);
  writer.i32(errno === undefined ? 0 : errnoNumber(errno));
  writer.opaque(encodeFlatDict(dict));
  call.send(writer);
}

export function readSetVolumeAnswer(results: Reader): SetVolumeAnswer {
  const isAccepted = results.i32() >= 0;
  const errno = results.i32();
  const dict = decodeFlatDict(results.opaque());
  results.done();
  return { isAccepted, errno, dict };
}

/** The key of a volfile request. */
export function readGetSpec(args: Reader): string {
  args.u32();
  const key = args.string();
  args.opaque();
  args.done();
  return key;
}

export function sendGetSpec(call: IncomingCall, spec: string): void {
  const writer = call.beginReply();
  writer.i32(spec.length);
  writer.i32(0);
  writer.string(spec);
  writer.u32(0);
  call.send(writer);
}

/** A brick's answer carries a text for people where the volfile would be. */
export function refuseGetSpec(call: IncomingCall, errno: ErrnoName, text: string): void {
  const writer = call.beginReply();
  writer.i32(-1);
  writer.i32(errnoNumber(errno));
  writer.string(text);
  writer.u32(0);
  call.send(writer);
}

export function answerSetLkVersion(call: IncomingCall): void {
  call.args.string();
  const version = call.args.i32();
  call.args.done();
  const writer = call.beginReply();
  writer.zeros(8);
  writer.i32(version);
  call.send(writer);
}

export function readPortByBrick(args: Reader): string {
  const brick = args.string();
  args.done();
  return brick;
}

export function sendPort(call: IncomingCall, port: number | undefined): void {
  const writer = call.beginReply();
  writer.i32(port === undefined ? -1 : 0);
  writer.i32(port === undefined ? errnoNumber('ENOENT') : 0);
  writer.i32(port === undefined ? -1 : 0);
  writer.i32(port ?? 0);
  call.send(writer);
}

/** The port of a brick, or undefined where the peer does not know of it. */
export function readPort(results: Reader): number | undefined {
  const isKnown = results.i32() >= 0;
  results.i32();
  results.i32();
  const port = results.i32();
  results.done();
  return isKnown && port > 0 && port < 65_536 ? port : undefined;
}
