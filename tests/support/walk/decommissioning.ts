import { deepEqual, equal, match } from "node:assert/strict";
import { runDecommissionVerify } from "../../../gateway/cli/decommission_verify.ts";
import { waitFor } from "../wait_for.ts";
import { press, reloadUntil } from "./acts.ts";
import type { Life } from "./life.ts";
import { FACTORY_PASSWORD, STATION } from "./life_site.ts";
import { look } from "./looks.ts";

interface Listed {
  readonly over: readonly { readonly number: string }[];
}

/** EV-30: begun by one, approved by another, cleared, reset and proven at the station, erased, certified. */
export async function decommission({ site, anna, olga }: Life): Promise<void> {
  const { at, command, controller, folder } = site;
  await anna.goto(at("/decommissioning"));
  await look(anna, "decommissioning-empty");
  await anna.locator("summary", { hasText: "Decommission a station" }).click();
  await anna.getByLabel("Id of the station").fill(STATION);
  await anna.getByLabel("Reason").fill("sold");
  const begin = anna.locator("form").getByRole("button", { name: "Decommission a station" });
  await press(anna, begin, "CP001 is leaving");
  await olga.goto(at(`/decommissioning/${STATION}`));
  await look(olga, "leaving-approve");
  await press(olga, olga.getByRole("button", { name: "Agree" }), "You agree that CP001 leaves");
  const next = olga.getByText("Next: Reset to the factory's state");
  await reloadUntil(olga, "what OCPP can clear to be cleared", next);
  await look(olga, "leaving-reset");
  controller.accounts.change("operator", FACTORY_PASSWORD);
  await olga.locator("summary", { hasText: "Prove the reset" }).click();
  await olga.getByLabel("How is it known?").selectOption("default-login");
  await olga.getByLabel("Who was at the station").fill("Tom Kern");
  const prove = olga.locator("form").getByRole("button", { name: "Prove the reset" });
  await press(olga, prove, "The reset of CP001 is known");
  await reloadUntil(olga, "its files to be listed", olga.getByText(`secrets/${STATION}.page`));
  await look(olga, "leaving-configuration");
  await site.station.powerOff();
  await site.writeWithout();
  await command("reload");
  // control starts anew meanwhile: it may be away when it is asked
  await waitFor("the certificate", async () => {
    const { over } = await command<Listed>("decommission list").catch((): Listed => ({ over: [] }));
    return over.length === 1;
  }, 90_000);
  await anna.goto(at("/decommissioning"));
  await look(anna, "decommissioning-over");
  const [download] = await Promise.all([
    anna.waitForEvent("download"),
    anna.getByRole("link", { name: "Certificate of erasure" }).click(),
  ]);
  equal(download.suggestedFilename(), "dec-1-CP001.erased.json");
  const key = `${folder}/data/audit/audit-public.pem`;
  const { data, text } = await runDecommissionVerify({ file: await download.path(), key });
  match(text, /^Genuine: certificate of erasure dec-1, station CP001 /);
  const { notDone, search } = data as unknown as Certificate;
  deepEqual([notDone, search.left, search.found], [[], [], 0]);
}

interface Certificate {
  readonly notDone: readonly unknown[];
  readonly search: { readonly left: readonly unknown[]; readonly found: number };
}
