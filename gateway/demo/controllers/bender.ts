import { createHash } from "node:crypto";
import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { basicOf, json, objectOf, page, type SimAnswer, type SimPages, type SimRequest } from "./simulated_device.ts";

/** What a simulated Bender controller is like. */
export interface BenderSim {
  readonly passwords: SimPasswords;
  /** Ways to log in that its firmware has. */
  readonly dialects: readonly ("v1" | "json" | "legacyForm")[];
  readonly firmware?: string;
  readonly now?: () => number;
  /** A password that changes ends every login, the one that changed it too. */
  readonly endsLogins?: boolean;
}

const LEGACY = /^\/(?:legacy\/)?(operator|manufacturer)\/(?:operator|manufacturer)$/;

/**
 * A Bender controller as far as facts are public: three ways to log in; the holes of firmware before 5.33.11 (a form
 * that sets a password without a login, any role writing any key), the key tables and the state open to anybody.
 */
export class BenderPages {
  readonly accounts: SimAccounts;
  readonly settings = new Map([["ChargePointID_ocpp", "CP001"], ["OperatorCurrentLimit_vehicleif", "16"]]);
  readonly #sessions = new SimTokens();
  #oneTime: string | undefined;
  readonly #sim: BenderSim;

  constructor(sim: BenderSim) {
    this.#sim = sim;
    this.accounts = new SimAccounts(sim.passwords, sim.now);
  }

  /** Ends every login, as its session time does. */
  expire(): void {
    this.#sessions.endAll();
  }

  readonly pages: SimPages = (request) => {
    const { path, headers } = request;
    const { dialects, firmware = "5.22.1-13295" } = this.#sim;
    if (path === "/") return page("Configuration Interface", START);
    if (path.startsWith("/webui/static/")) return { status: 200, headers: { "content-type": "text/css" }, body: "" };
    if (path === "/doc/doc_1") return page("OCPP keys", DOC_1);
    if (path === "/doc/doc_2") return page("Configuration items", DOC_2);
    if (path === "/rest/full_state") return stateText(firmware);
    if (path === "/v1/login" && dialects.includes("v1")) return this.#loginV1(request);
    if (path === "/json/login" && dialects.includes("json")) return this.#loginJson(headers);
    if (path.startsWith("/v1/") || path === "/json/settings.json") return this.#api(request);
    const legacy = LEGACY.exec(path);
    if (legacy && dialects.includes("legacyForm")) return this.#legacyForm(request, legacy[1]!);
    return { status: 404, body: "not found" };
  };

  #loginV1({ method, body }: SimRequest): SimAnswer {
    const token = this.#oneTime;
    this.#oneTime = method === "GET" ? crypto.randomUUID() : undefined;
    if (method === "GET") return json({ token: this.#oneTime });
    const { username, password } = objectOf(body);
    const hashed = (clear: string) => createHash("sha256").update(`${clear}${token}`).digest("hex") === password;
    return this.#given(token !== undefined && this.#isIn(String(username), hashed), String(username), "session_id");
  }

  #loginJson(headers: SimRequest["headers"]): SimAnswer {
    const basic = basicOf(headers);
    if (!basic) return { status: 401 };
    return this.#given(this.#isIn(basic[0], (password) => password === basic[1]), basic[0], "token");
  }

  #isIn(name: string, matches: (password: string) => boolean): boolean {
    return this.accounts.try(name, matches) === "in";
  }

  #given(isRight: boolean, name: string, member: string): SimAnswer {
    return isRight ? json({ [member]: this.#sessions.give(name) }) : { status: 401 };
  }

  #api({ method, path, headers, body }: SimRequest): SimAnswer {
    if (!this.#sim.dialects.includes(path.startsWith("/v1/") ? "v1" : "json")) return { status: 404 };
    if (!this.#sessions.owner(headers.authorization)) return { status: 401 };
    if (method !== "POST") return json(Object.fromEntries(this.settings));
    const { params } = objectOf(body);
    const written = Array.isArray(params) ? params as { key: string; value: string }[] : [];
    for (const { key, value } of written) this.#set(key, value);
    return json({ written: written.length });
  }

  #legacyForm({ method, query, body, headers }: SimRequest, form: string): SimAnswer {
    const basic = basicOf(headers);
    const parameters = [...query, ...new URLSearchParams(body)].filter(([name]) => name !== "SUBMITTYPE");
    const isIn = basic !== undefined && this.#isIn(basic[0], (password) => password === basic[1]);
    // The hole: a POST is carried out whoever sends it.
    if (method === "POST") { for (const [key, value] of parameters) this.#set(key, value); }
    if (!isIn) return { status: 401, headers: { "www-authenticate": 'Basic realm="ebee"' } };
    const rows = [...this.settings].map(([key, value]) =>
      `<label>${key}<input name="${key}" value="${value}"></label>`
    );
    const hidden = '<input type="hidden" name="SUBMITTYPE" value="0d">';
    return page(`Legacy ${form}`, `<form method="post">${hidden}${rows.join("")}</form>`);
  }

  #set(key: string, value: string): void {
    this.settings.set(key, value);
    if (key === "OperatorPwdPlain_custom") this.accounts.change("operator", value);
    if (key === "UserPwdPlain_custom") this.accounts.change("user", value);
    if (key === "ManufacturerPwd_custom") this.accounts.change("manufacturer", value);
    if (this.#sim.endsLogins && /Pwd/.test(key)) this.#sessions.endAll();
  }
}

const START = `<p>Simulated controller</p><nav><a href="/groups/system">System</a></nav>
<form method="post" action="/json/settings.json"><p>Settings are written by the pages' own scripts.</p></form>`;

function stateText(firmware: string): SimAnswer {
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: `conn_state:no_vehicle_connected\nfirmware_ver:${firmware}\ncp_model:CC613_2S4_R_CC\nerrors:door: open\n`,
  };
}

const DOC_1 = `<table><tr><th>Key Name</th><th>Master/Slave Scope</th><th>OCPP standard</th><th>Description</th>
<th>Reboot Required</th><th>Accessibility</th><th>Type</th><th>Range/Default</th></tr>
<tr><td>RCMBDelta</td><td>Both</td><td>no</td><td>Delta of the residual current</td><td>no</td><td>RW</td><td>uint</td><td>0..999, 0</td></tr>
<tr><td>SSHAccessUsb</td><td>Individual</td><td>no</td><td>SSH over USB</td><td>yes</td><td>R</td><td>enum</td><td>Off, On; On</td></tr>
<tr><td>NewKeyOfThisFirmware</td><td>Both</td><td>no</td><td>Unknown to the gateway</td><td>no</td><td>RW</td><td>string</td><td></td></tr>
</table>`;
const DOC_2 = `<ul><li>OperatorCurrentLimit_vehicleif</li><li>OperatorPwdPlain_custom</li><li>NewItem_custom</li></ul>`;
