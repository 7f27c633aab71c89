import { deepEqual, equal, ok } from "node:assert/strict";
import { GatewayError } from "../../../core/errors.ts";
import { begin, fetched, heard, newest, publish, published, until, UP } from "../testing/publish_talk.ts";
import { withTransfers } from "../testing/transfer_rig.ts";

const OTHER = "ef".repeat(16);

Deno.test("failure matrix: publications without their CSMS", (t) =>
  withTransfers(async (rig) => {
    const [url] = await published(rig), told = heard(rig).length;
    rig.state.controller = { noAnswer: "away" };
    const parts = [
      "failure matrix: publications: the CSMS / stations that fetch: open: their URLs stand",
      "failure matrix: publications: the CSMS / an image that is asked for: open: fetched and proved; what is to be told waits in order",
      "failure matrix: publications: the CSMS / back in service: by itself with the next connection: told in order, nothing twice",
    ] as const;
    await t.step(parts[0], async () => ok((await fetched(rig, url!)).grant));
    await publish(rig, { requestId: 8, checksum: OTHER });
    await begin(rig);
    await t.step(parts[1], async () => {
      await rig.looking(
        "it to be published",
        () => newest(rig).checksum === OTHER && newest(rig).state === "published",
      );
      equal(heard(rig).length, told);
    });
    rig.state.controller = { result: {} };
    await t.step(parts[2], async () => {
      await until(rig, "published");
      deepEqual(heard(rig).slice(told), UP);
    });
  })());

Deno.test("failure matrix: publications without the host of the images", (t) =>
  withTransfers(async (rig) => {
    const [url] = await published(rig), good = rig.vault.result;
    rig.vault.result = new GatewayError("FIRMWARE_UNREADABLE", "connection refused");
    await publish(rig, { requestId: 8, checksum: OTHER, retries: 0 });
    await begin(rig);
    const parts = [
      "failure matrix: publications: a vendor's host / stations that fetch: open: their URLs stand",
      "failure matrix: publications: a vendor's host / an image that is asked for: closed: tried as often as the CSMS says, then DownloadFailed",
      "failure matrix: publications: a vendor's host / back in service: with the CSMS's next request",
    ] as const;
    await t.step(parts[0], async () => ok((await fetched(rig, url!)).grant));
    await t.step(parts[1], async () => {
      await until(rig, "failed");
      equal(heard(rig).at(-1), "DownloadFailed");
    });
    rig.vault.result = good;
    await t.step(parts[2], async () => {
      await publish(rig, { requestId: 9, checksum: OTHER });
      await begin(rig);
      await until(rig, "published");
    });
  })());

Deno.test("failure matrix: publications without control", (t) =>
  withTransfers(async (rig) => {
    const [url] = await published(rig);
    await publish(rig, { requestId: 8, checksum: OTHER });
    await rig.restart();
    const parts = [
      "failure matrix: publications: control / stations that fetch: closed for the moment: control knows whose a URL is; then they stand as before",
      "failure matrix: publications: control / an image that is asked for: what was accepted is stored, and is gone on with",
      "failure matrix: publications: control / back in service: by itself within seconds",
    ] as const;
    await t.step(parts[0], async () => ok((await fetched(rig, url!)).grant));
    await t.step(parts[1], () => equal(newest(rig).checksum, OTHER));
    await t.step(parts[2], async () => void await until(rig, "published"));
  })());
