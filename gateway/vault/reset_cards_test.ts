import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { SecretRig } from "./testing/secret_rig.ts";

const WORDS = { custodian: "Anna Berg", place: "safe, office 2" };
const cards = (rig: SecretRig) => rig.feature.vault.cards;
const add = (rig: SecretRig, uid: string, subject = "CP001", words: object = WORDS) =>
  cards(rig).add(subject, { ...WORDS, ...words, uid, by: "eva" });

const SAME = ["04A1B2C3", "04a1b2c3", "04:A1:B2:C3", "04-a1-b2-c3", " 04 A1 B2 C3 "];
for (const uid of SAME) {
  Deno.test(`BC-07: reset cards: a reader that writes "${uid}" means the card 04A1B2C3`, async () => {
    await using rig = await SecretRig.up();
    await add(rig, "04A1B2C3");
    equal((await cards(rig).find(uid)).length, 1);
    await rejects(add(rig, uid), { code: "SECRET_REFUSED", message: /registered for CP001 already/ });
  });
}

for (
  const uid of ["", "   ", "04", "04A", "x".repeat(41), "04A1;B2", "04A1\u0000B2", "04Ä1B2", "../04A1B2", "04A1_B2"]
) {
  Deno.test(`reset cards: ${JSON.stringify(uid)} is no id of a card, and nothing of it is kept`, async () => {
    await using rig = await SecretRig.up();
    await rejects(add(rig, uid), { code: "SECRET_REFUSED", message: /no id of a card: wanted 4 to 40/ });
    await rejects(cards(rig).find(uid), { code: "SECRET_REFUSED" });
    equal(cards(rig).all().length, 0);
  });
}

Deno.test("reset cards: ids of four characters and of forty are taken", async () => {
  await using rig = await SecretRig.up();
  for (const uid of ["04A1", "a".repeat(40)]) await add(rig, uid);
  equal(cards(rig).all().length, 2);
});

for (const [word, bad] of [["custodian", ""], ["custodian", "ab"], ["place", "x".repeat(201)], ["place", 7]] as const) {
  Deno.test(`reset cards: a ${word} like ${JSON.stringify(bad).slice(0, 12)} is refused`, async () => {
    await using rig = await SecretRig.up();
    await rejects(add(rig, "04A1B2C3", "CP001", { [word]: bad }), {
      code: "SECRET_REFUSED",
      message: new RegExp(`A ${word} of 3 to ${VAULT_LIMITS.textChars}`),
    });
    equal(cards(rig).all().length, 0);
  });
}

Deno.test("reset cards: one card may open several units, and each is removed on its own", async () => {
  await using rig = await SecretRig.up();
  const one = await add(rig, "04A1B2C3"), other = await add(rig, "04A1B2C3", "bay-2");
  deepEqual((await cards(rig).find("04A1B2C3")).map(({ subject }) => subject).toSorted(), ["CP001", "bay-2"]);
  ok(one.id !== other.id && one.hash === other.hash);
  await cards(rig).remove(one.id);
  deepEqual((await cards(rig).find("04A1B2C3")).map(({ subject }) => subject), ["bay-2"]);
  await rejects(cards(rig).remove(one.id), { code: "SECRET_UNKNOWN" });
});

Deno.test("reset cards: the hash is another one in every gateway, and the same after an end of this one", async () => {
  await using rig = await SecretRig.up();
  await using other = await SecretRig.up();
  const here = await add(rig, "04A1B2C3"), there = await add(other, "04A1B2C3");
  ok(here.hash !== there.hash, "a list of one gateway tells nothing about the cards of another");
  match(here.hash, /^[0-9a-f]{64}$/);
  await rig.crash();
  deepEqual((await cards(rig).find("04A1B2C3")).map(({ id }) => id), [here.id]);
});

Deno.test("reset cards: one that could not be stored is not registered", async () => {
  await using rig = await SecretRig.up();
  rig.diskFault = new StorageError("STORE_FULL", "no room");
  await rejects(add(rig, "04A1B2C3"), { code: "STORE_FULL" });
  rig.diskFault = undefined;
  deepEqual([cards(rig).all(), await cards(rig).find("04A1B2C3")], [[], []]);
});

Deno.test("reset cards: as many as the register holds, and one more", async () => {
  await using rig = await SecretRig.up();
  const card = await add(rig, "04A1B2C3");
  const more = Array.from({ length: VAULT_LIMITS.cards - 1 }, (_, at) => ({ ...card, id: `c${at}`, hash: `h${at}` }));
  for (let at = 0; at < more.length; at += 250) {
    await rig.store.commit(
      more.slice(at, at + 250).map((value) => ({ set: [...KEYS.vault, "card", value.id], value })),
    );
  }
  await rig.crash();
  equal(cards(rig).all().length, VAULT_LIMITS.cards);
  await rejects(add(rig, "04A1B2C4"), { code: "SECRET_REFUSED", message: /reset cards are registered already/ });
  await cards(rig).remove(card.id);
  await add(rig, "04A1B2C4");
});

Deno.test("reset cards: a unit that leaves takes its cards off the register, and no other's", async () => {
  await using rig = await SecretRig.up();
  await add(rig, "04A1B2C3");
  await add(rig, "04A1B2C4");
  await add(rig, "04A1B2C3", "bay-2");
  equal(await cards(rig).erase("CP001"), 2);
  deepEqual([cards(rig).all().map(({ subject }) => subject), await cards(rig).erase("CP001")], [["bay-2"], 0]);
});

Deno.test("reset cards: every change is recorded with the custodian, and never with the card's id", async () => {
  await using rig = await SecretRig.up();
  const { data } = await rig.run("card-add", { unit: "CP001", file: "04A1B2C3", ...WORDS });
  await rig.run("card-remove", { card: (data as { card: string }).card });
  deepEqual(rig.audited.map(({ event, target, who }) => [event, target, who]), [
    ["secret.card.added", "CP001", "eva"],
    ["secret.card.removed", "CP001", "eva"],
  ]);
  ok(rig.audited.every(({ detail }) => detail!["custodian"] === "Anna Berg"));
  equal(/04:?a1:?b2/i.test(rig.recorded), false);
});
