import { deepEqual, equal, rejects } from "node:assert/strict";
import { GroupCommit, type PendingCommit } from "./group_commit.ts";
import { STORE_LIMITS } from "./limits.ts";

/** A disk that finishes one write when told to, and keeps what it was given. */
class ManualDisk {
  readonly writes: string[][] = [];
  readonly #finish: { resolve: () => void; reject: (error: Error) => void }[] = [];

  write = (mutations: readonly unknown[]): Promise<void> => {
    this.writes.push(mutations.map((item) => (item as { delete: string[] }).delete.join()));
    return new Promise((resolve, reject) => this.#finish.push({ resolve, reject }));
  };

  async finish(error?: Error): Promise<void> {
    await settle();
    const next = this.#finish.shift();
    if (error) next?.reject(error);
    else next?.resolve();
    await settle();
  }
}

/** Lets all promise callbacks that are due run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
const commit = (name: string, more: Partial<PendingCommit> = {}): PendingCommit => ({
  mutations: [{ delete: [name] }],
  checks: [],
  bytes: 10,
  ...more,
});

Deno.test("group commit: commits of one turn share one write, later ones share the next", async () => {
  const disk = new ManualDisk(), group = new GroupCommit(disk.write), done: string[] = [];
  const add = (name: string) => group.add(commit(name)).then(() => done.push(name));
  const first = [add("a"), add("b")];
  await settle();
  const second = [add("c"), add("d"), add("e")];
  await settle();
  deepEqual(disk.writes, [["a", "b"]]);
  deepEqual(done, []);
  await disk.finish();
  deepEqual(done, ["a", "b"]);
  deepEqual(disk.writes, [["a", "b"], ["c", "d", "e"]]);
  await disk.finish();
  await Promise.all([...first, ...second]);
  deepEqual(done, ["a", "b", "c", "d", "e"]);
});

Deno.test("group commit: a commit with checks goes alone and keeps its place", async () => {
  const disk = new ManualDisk(), group = new GroupCommit(disk.write);
  const check = { checks: [{ key: ["x"], version: null }] };
  const all = [group.add(commit("a")), group.add(commit("b", check)), group.add(commit("c")), group.add(commit("d"))];
  for (let turn = 0; turn < 3; turn++) await disk.finish();
  await Promise.all(all);
  deepEqual(disk.writes, [["a"], ["b"], ["c", "d"]]);
});

Deno.test("group commit: a failed write is reported to all who were in it and to nobody else", async () => {
  const disk = new ManualDisk(), group = new GroupCommit(disk.write);
  const failed = [group.add(commit("a")), group.add(commit("b"))].map((item) => rejects(item, /no space/));
  await settle();
  const later = group.add(commit("c"));
  await disk.finish(new Error("no space"));
  await Promise.all(failed);
  await disk.finish();
  await later;
});

Deno.test("group commit: a merged write holds 1,000 mutations and 800,000 bytes, one past either starts the next", async () => {
  for (const [count, bytes] of [[STORE_LIMITS.commitMutations / 2, 1], [1, STORE_LIMITS.commitBytes / 2]] as const) {
    const mutations = Array.from({ length: count }, () => ({ delete: ["m"] }));
    const disk = new ManualDisk(), group = new GroupCommit(disk.write);
    const all = [1, 2, 3].map(() => group.add({ mutations, checks: [], bytes }));
    await disk.finish();
    await disk.finish();
    await Promise.all(all);
    deepEqual(disk.writes.map((write) => write.length), [2 * count, count]);
  }
});

Deno.test("group commit: a full queue refuses one more with STORE_OVERLOAD and goes on afterwards", async () => {
  const group = new GroupCommit(() => Promise.resolve());
  const waiting = Array.from({ length: STORE_LIMITS.pendingCommits }, () => group.add(commit("a")));
  await rejects(group.add(commit("one past")), { code: "STORE_OVERLOAD" });
  await Promise.all(waiting);
  await group.add(commit("again"));
});

Deno.test("group commit: close answers what is queued and refuses what comes after", async () => {
  const disk = new ManualDisk(), group = new GroupCommit(disk.write);
  let answered = 0;
  const queued = [group.add(commit("a")), group.add(commit("b"))].map((item) => item.then(() => answered++));
  const closed = group.close();
  await rejects(group.add(commit("late")), { code: "STORE_CLOSED" });
  await disk.finish();
  await closed;
  await Promise.all(queued);
  equal(answered, 2);
});
