import { SESSION_COOKIE } from "../../gateway/console/http/security.ts";
import { axeFindings, isTooWide, TestBrowser, TestSite, WIDTHS } from "./browser.ts";
import { DOOR_ANSWERS, GARAGE_ANSWERS } from "./console_answers.ts";
import { ConsoleRig } from "./console_rig.ts";

/** `deno task console:look PATH...`: pictures of pages at both widths, light English and dark German, and what axe finds. */
const folder = await Deno.makeTempDir({ prefix: "bulkhead-look-" });
const rig = new ConsoleRig({ answers: { ...DOOR_ANSWERS, ...GARAGE_ANSWERS } });
await using site = await TestSite.serve(rig.app.fetch);
await using browser = await TestBrowser.launch();
for (const path of Deno.args) {
  for (const [name, width] of Object.entries(WIDTHS)) {
    for (const [language, dark] of [["en-GB", false], ["de-DE", true]] as const) {
      const { page, context } = await browser.open({ width, language, dark });
      const isDoor = path === "/login" || path === "/setup";
      if (!isDoor) await context.addCookies([{ name: SESSION_COOKIE, value: "t", url: site.at("/"), secure: true }]);
      await page.goto(site.at(path));
      await page.evaluate("document.fonts.ready");
      const file = `${folder}/${path.replace(/\W+/g, "_")}-${name}-${language}.png`;
      await page.screenshot({ path: file, fullPage: true });
      const faults = [...await isTooWide(page) ? ["wider than the screen"] : [], ...await axeFindings(page)];
      await Deno.stdout.write(new TextEncoder().encode(`${file} ${faults.join("; ")}\n`));
      await context.close();
    }
  }
}
await Deno.stdout.write(new TextEncoder().encode(`${browser.complaints.join("\n")}\n`));
