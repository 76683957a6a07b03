// Merkle tree hashing and proofs: RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2.
import { concat, equal, type Bytes } from "./bytes.ts";
import { sha256 } from "./sha2.ts";

const kLeaf = Uint8Array.of(0);
const kNode = Uint8Array.of(1);

export const leafHash = (entry: Bytes): Bytes => sha256(concat(kLeaf, entry));
export const nodeHash = (left: Bytes, right: Bytes): Bytes => sha256(concat(kNode, left, right));
export const emptyRoot = (): Bytes => sha256(new Uint8Array(0));

/** The root to which the path leads from this leaf, or null when the path has not the right length. */
export function rootFromInclusion(index: bigint, size: bigint, leaf: Bytes, path: Bytes[]): Bytes | null {
  if (index < 0n || index >= size) return null;
  let node = index;
  let last = size - 1n;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0n) return null;
    if ((node & 1n) === 1n || node === last) {
      root = nodeHash(sibling, root);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : null;
}

/** Whether the tree of `size` with `root` begins with the one of `oldSize` with `oldRoot`. */
export function isConsistent(oldSize: bigint, oldRoot: Bytes, size: bigint, root: Bytes, path: Bytes[]): boolean {
  if (oldSize < 0n || oldSize > size) return false;
  if (oldSize === size) return path.length === 0 && equal(oldRoot, root);
  if (oldSize === 0n) return path.length === 0 && equal(oldRoot, emptyRoot());
  // A complete old tree is itself the first node of the path.
  const nodes = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...path] : path;
  const first = nodes[0];
  if (first === undefined) return false;
  let node = oldSize - 1n;
  let last = size - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let old = first;
  let now = first;
  for (const sibling of nodes.slice(1)) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      old = nodeHash(sibling, old);
      now = nodeHash(sibling, now);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      now = nodeHash(now, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(old, oldRoot) && equal(now, root);
}

/** A node: the subtree over the 2^level leaves from leaf index * 2^level. */
export type NodeId = { level: number; index: bigint };

/** The complete subtrees that make up the leaves [begin, end), where begin is a multiple of each. */
function completeSubtrees(begin: bigint, end: bigint): NodeId[] {
  const nodes: NodeId[] = [];
  let at = begin;
  while (at < end) {
    let level = 0;
    while (at % (1n << BigInt(level + 1)) === 0n && at + (1n << BigInt(level + 1)) <= end) ++level;
    nodes.push({ level, index: at >> BigInt(level) });
    at += 1n << BigInt(level);
  }
  return nodes;
}

/** Each hash of the consistency proof as the complete nodes whose fold it is (RFC 9162 section 2.1.4.1). */
export function consistencyNodes(oldSize: bigint, size: bigint): NodeId[][] {
  const out: NodeId[][] = [];
  if (oldSize <= 0n || oldSize >= size) return out;
  let begin = 0n;
  let end = size;
  let whole = true;  // the old tree is still a complete subtree seen from here, so its root is known
  const later: NodeId[][] = [];
  while (oldSize !== end) {
    let half = 1n;
    while (half * 2n < end - begin) half *= 2n;
    if (oldSize - begin <= half) {
      later.push(completeSubtrees(begin + half, end));
      end = begin + half;
    } else {
      later.push(completeSubtrees(begin, begin + half));
      begin += half;
      whole = false;
    }
  }
  if (!whole) out.push(completeSubtrees(begin, end));
  return out.concat(later.reverse());
}

/** The root of neighbouring complete subtrees, from the right. */
export function fold(hashes: Bytes[]): Bytes {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}
