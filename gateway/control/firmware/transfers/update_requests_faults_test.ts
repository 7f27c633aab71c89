import { deepEqual, equal, ok } from "node:assert/strict";
import { GatewayError } from "../../../core/errors.ts";
import { begin, heard, say, until } from "../testing/request_talk.ts";
import { SHA, UPDATE, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

Deno.test(
  "update request: a fetch that fails is tried as often as the CSMS says, with its interval",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.vault.result = new GatewayError("FIRMWARE_UNREADABLE", "connection refused");
    await rig.request();
    await begin(rig);
    await rig.until("the first", () => rig.vault.asked.length === 1);
    await rig.look(TRANSFER_LIMITS.usualRetrySeconds * 1_000);
    await rig.until("the second", () => rig.vault.asked.length === 2);
    await until(rig, "failed");
    deepEqual(heard(rig), ["DownloadScheduled", "DownloadFailed"]);
    equal(rig.vault.asked.length, 2);
  }),
);

Deno.test(
  "update request: a host that is not allowed is not tried again; a Worker that is away counts against nobody",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.vault.result = new GatewayError("RPC_PEER_GONE", "restarting");
    await rig.request();
    await begin(rig);
    for (let time = 1; time <= 4; time++) {
      await rig.until(`attempt ${time}`, () => rig.vault.asked.length === time);
      await rig.look(TRANSFER_LIMITS.usualRetrySeconds * 1_000);
    }
    rig.vault.result = new GatewayError("FIRMWARE_TOO_LARGE", "too large");
    await until(rig, "failed");
    equal((await rig.states())[0]?.rule, "firmware.size");
  }),
);

Deno.test(
  "update request: a held image waits for its persons",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "held" });
    rig.vault.judges("held", "firmware.held", "two persons");
    await rig.request();
    await begin(rig);
    await until(rig, "held");
    await rig.look(TRANSFER_LIMITS.heldLookMs);
    equal((await rig.states())[0]?.state, "held");
    rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "verified" });
    await rig.look(TRANSFER_LIMITS.heldLookMs);
    await until(rig, "station");
    deepEqual(heard(rig), ["DownloadScheduled", "DownloadPaused"]);
  }),
);

Deno.test(
  "update request: a station that is away is asked when it is back; the CSMS hears then too",
  withTransfers(async (rig) => {
    await rig.request();
    await begin(rig);
    await until(rig, "waiting");
    deepEqual([rig.calls, rig.told], [[], []]);
    rig.connect("CP001");
    await until(rig, "station");
    await rig.until("the CSMS to hear", () => rig.told.length === 1);
  }),
);

Deno.test(
  "update request: as many stations download at one time as the site says; the next one waits",
  withTransfers(async (rig) => {
    for (const stationId of ["CP001", "CP003"]) {
      rig.connect(stationId);
      await rig.request({ stationId });
      await begin(rig, stationId);
    }
    await rig.looking("one call", () => rig.calls.length === 1);
    await rig.look();
    await rig.look();
    equal(rig.calls.length, 1);
    const first = rig.calls[0]!.stationId;
    await rig.feed.told({ stationId: first, status: "Downloaded", requestId: 42, at: 0 });
    await rig.looking("the second call", () => rig.calls.length === 2);
    ok(rig.calls[1]!.stationId !== first);
  }),
);

for (
  const [answer, state] of [
    [{ noAnswer: "busy" }, "waiting"],
    [{ noAnswer: "timeout" }, "waiting"],
    [{ error: { code: "NotSupported", description: "" } }, "failed"],
    [{ result: { status: "Rejected" } }, "failed"],
    [{ result: { status: "AcceptedCanceled" } }, "station"],
  ] as const
) {
  Deno.test(
    `update request: a station's ${JSON.stringify(answer)} leads to "${state}"`,
    withTransfers(async (rig) => {
      rig.connect("CP001");
      rig.state.station = answer as never;
      await rig.request();
      await begin(rig);
      await rig.until("the call", () => rig.calls.length === 1);
      await until(rig, state);
      if (state !== "waiting") return;
      rig.state.station = { result: { status: "Accepted" } };
      await rig.look(TRANSFER_LIMITS.resendMs);
      await rig.until("the second call", () => rig.calls.length === 2);
      await until(rig, "station");
      const [newer, older] = rig.feature.transfers.all();
      deepEqual([newer?.state, older?.state], ["open", "closed"], "each call has a grant of its own");
    }),
  );
}

Deno.test(
  "update request: a new request cancels the one before, unless the station installs",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    await rig.request();
    await begin(rig);
    await until(rig, "station");
    const again = { ...UPDATE, payload: { ...UPDATE.payload as Record<string, never>, requestId: 43 } };
    deepEqual(await rig.request(again), { payload: { status: "AcceptedCanceled" } });
    const [second, first] = await rig.states();
    deepEqual([first?.outcome, second?.state], ["cancelled", "fetching"]);
    await rig.until("the grant to end", () => rig.feature.transfers.all()[0]?.state === "closed");
    await begin(rig);
    await until(rig, "station");
    await say(rig, "Installing", 43);
    const third = await rig.request({
      ...UPDATE,
      payload: { ...UPDATE.payload as Record<string, never>, requestId: 44 },
    });
    ok("payload" in third && (third.payload as { status: string }).status === "Rejected");
    equal((await rig.states())[1]?.state, "station", "the one under way stays");
  }),
);

Deno.test(
  "update request: a station that a campaign updates is not its CSMS's to update, with the reason",
  withTransfers(async (rig) => {
    rig.feature.transfers.lockWith((stationId) => stationId === "CP001" ? "campaign 12 updates it" : undefined);
    const answer = await rig.request();
    deepEqual(answer, {
      payload: { status: "Rejected", statusInfo: { reasonCode: "Bulkhead", additionalInfo: "campaign 12 updates it" } },
    });
    equal(rig.audited("transfer.request.refused")[0]?.rule, "firmware.campaign-lock");
    deepEqual(await rig.request({ stationId: "CP003" }), { payload: { status: "Accepted" } });
    equal(rig.feature.transfers.busyWith("CP003"), 'its CSMS "main" updates it: fetching');
    equal(rig.feature.transfers.busyWith("CP001"), undefined);
  }),
);

Deno.test(
  "update request: an image withdrawn before the station was asked ends it; its grants end whenever it is",
  withTransfers(async (rig) => {
    await rig.request();
    await begin(rig);
    await until(rig, "waiting");
    await rig.handlers()["firmware.changed"]!({ sha256: SHA, why: "changed on the disk" });
    await until(rig, "failed");
    equal((await rig.states())[0]?.rule, "firmware.withdrawn");
    deepEqual(rig.vault.withdrawals, ["abab changed on the disk"]);
    rig.connect("CP001");
    await rig.look();
    equal(rig.calls.length, 0);
  }),
);

Deno.test(
  "update request: a full disk takes no request",
  withTransfers(async (rig) => {
    (rig.context as { disk: unknown }).disk = { level: "full" };
    const answer = await rig.request();
    ok("payload" in answer && (answer.payload as { status: string }).status === "Rejected");
    equal(rig.audited("transfer.request.refused")[0]?.rule, "firmware.disk");
  }),
);

Deno.test(
  "update request: a look while its station is being asked changes nothing",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    const { promise, resolve } = Promise.withResolvers<unknown>();
    rig.state.station = promise as never;
    await rig.request();
    await begin(rig);
    await until(rig, "sending");
    await rig.look();
    await rig.look();
    equal(rig.newest()?.state, "sending");
    resolve({ result: { status: "Accepted" } });
    await until(rig, "station");
    equal(rig.calls.length, 1);
  }),
);
