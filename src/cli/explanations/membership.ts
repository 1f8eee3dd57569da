import type { Explanation } from './explanation.js';

/** HFS-30: who belongs to the cluster. */
export const MEMBERSHIP = {
  'HFS-3001': {
    means:
      'The cluster did not let this node in, because the token is not one of its own. Nothing changed.',
    causes: [
      'each token lets in one node, once, and lives an hour unless made with --ttl',
      'a token of another cluster, or cut short when it was copied',
    ],
    todo: ['on a member: hfs_config token create; then serve --join with what it prints'],
  },
  'HFS-3002': {
    means:
      'Two clusters were about to be mixed, and that is refused: they have different histories and never merge. ' +
      'The message shows both ids.',
    causes: [
      'serve --bootstrap was run on two nodes of what was to become one cluster',
      'a state directory or a brick that comes from another cluster',
      'a wrong address behind --join',
    ],
    todo: [
      'decide which cluster stays: hfs_config list -r on both shows what they hold',
      'stop hekafsd on the other node, move its state directory aside, and let it join as a new server',
    ],
  },
  'HFS-3003': {
    means: 'This node serves its cluster already. Nothing was changed.',
    causes: ['serve was run twice'],
    todo: ['hfs_config status shows the servers; to leave the list: hfs_config retire'],
  },
  'HFS-3004': {
    means: 'No server of the present list has this name or id.',
    causes: ['a typing error', 'it was retired before', 'it has joined and does not serve'],
    todo: ['hfs_config servers shows names and ids of all that are known'],
  },
  'HFS-3005': {
    means: 'Several servers have this name, and the command does not guess which one is meant.',
    causes: ['machines with the same host name; --host gives a node a name of its own'],
    todo: ['repeat the command with the id: hfs_config servers shows ids beside names'],
  },
  'HFS-3006': {
    means: 'The last server is not retired: with it the config filesystem would end.',
    causes: ['the cluster has one server left, and it is the one to be retired'],
    todo: [
      'let another node serve first: token create here, serve --join there, then retire this one',
      'to give up the whole cluster: stop hekafsd and move the state directory away',
    ],
  },
  'HFS-3007': {
    means:
      'Of the servers that would be left, too few are up for a majority: the change would stop all writes. It was refused.',
    causes: ['a server that is up was to be retired while another one is down'],
    todo: [
      'bring the server back that is down, or retire that one first',
      'hfs_config retire NAME --dry-run shows the list before and after',
    ],
  },
  'HFS-3008': {
    means:
      'The cluster has removed this server from its list for good. Its data was kept aside; nothing it says counts any more.',
    causes: ['somebody ran hfs_config retire for this node, perhaps while it was down'],
    todo: [
      'a new server on this node: hfs_config serve --join HOST:PORT --token T',
      'what it held is beside its brick directory, under the same name with .retired and the time behind it',
    ],
  },
  'HFS-3009': {
    means: 'Only one server joins or leaves at a time, and another such change came first.',
    causes: [
      'another administrator, or another node that joins at this moment',
      'an earlier serve on this node that is still under way',
    ],
    todo: ['look at hfs_config servers, then try again'],
  },
  'HFS-3010': {
    means:
      'This node would join with an address that the other nodes cannot dial, so it was refused before anything changed.',
    causes: ['hekafsd listens on 127.0.0.1, which it does unless it is told otherwise'],
    todo: [
      'start hekafsd with --http ADDRESS:24006, an address of this machine that the others reach',
    ],
  },
  'HFS-3011': {
    means:
      'This node is a member that does not serve, so it asks the servers; none of those that it knows answered in time.',
    causes: [
      'all servers are down, or the network to them is',
      'all servers have moved while this node was away, and its member source does not know the new addresses',
    ],
    todo: [
      'hfs_config status shows the servers that this node knows',
      'start hekafsd with --members, naming where a server is now; it then learns the rest by itself',
    ],
  },
  'HFS-3012': {
    means:
      'The source named with --members could not be read. Its last answer stays in use, and it is asked again by itself.',
    causes: [
      'a file that is missing, unreadable, not UTF-8, too large, or has a line that is no HOST or HOST:PORT',
      'gluster is not installed, glusterd does not run, or it did not answer within ten seconds',
    ],
    todo: ['the log line says which; correct it, or name another source with --members'],
  },
  'HFS-3013': {
    means:
      'This server has another address than the list says, and the list cannot follow before a leader is heard.',
    causes: [
      'the other servers are down',
      'all servers have moved at once, so that none of them knows where another is',
    ],
    todo: [
      'start the other servers',
      'give each of them --members with the new address of one other, or a file, or gluster: then they find each other',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
