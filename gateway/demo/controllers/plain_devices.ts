import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { basicOf, page, type SimAnswer, type SimPages, type SimRequest } from "./simulated_device.ts";

/** Pages behind HTTP Basic. */
export function basicPages(passwords: SimPasswords, now?: () => number): { pages: SimPages; accounts: SimAccounts } {
  const accounts = new SimAccounts(passwords, now);
  const pages: SimPages = ({ path, headers }) => {
    const basic = basicOf(headers);
    const isIn = basic && accounts.try(basic[0], (right) => right === basic[1]) === "in";
    if (!isIn) return { status: 401, headers: { "www-authenticate": 'Basic realm="controller"' } };
    return page("Basic controller", `<p>${path}</p><a href="/settings">Settings</a>`);
  };
  return { pages, accounts };
}

/** Pages behind a form with a hidden token that counts once, as many small devices have. */
export function formPages(passwords: SimPasswords, now?: () => number) {
  const accounts = new SimAccounts(passwords, now), sessions = new SimTokens(), forms = new SimTokens();
  const toLogin: SimAnswer = { status: 302, headers: { location: "/login" } };
  const work = new FormWork(accounts);
  const pages: SimPages = (request) => {
    const { method, path, headers, body } = request;
    if (path === "/login" && method === "GET") {
      const hidden = `<input type="hidden" name="csrf" value="${forms.give("form")}">`;
      return page(
        "Log in",
        `<form method="post" action="/login?step=1">${hidden}<input name="user"><input type="password" name="pass"></form>`,
      );
    }
    if (path === "/login") {
      const form = new URLSearchParams(body);
      const isForm = forms.owner(form.get("csrf") ?? "") !== undefined;
      forms.endAll();
      const isIn = isForm && accounts.try(form.get("user") ?? "", (right) => right === form.get("pass")) === "in";
      if (!isIn) return page("Log in", "<p>Wrong</p>");
      return { status: 302, headers: { location: "/home", "set-cookie": `SID=${sessions.give("admin")}; HttpOnly` } };
    }
    const cookie = /(?:^|;\s*)SID=([^;]+)/.exec(headers.cookie ?? "")?.[1];
    if (!sessions.owner(cookie)) return toLogin;
    return work.answer(request) ?? page("Form controller", `<p>${path}</p>`);
  };
  return { pages, accounts, work, expire: () => sessions.endAll() };
}

/** What the pages of a controller with forms do: password, settings, files, firmware, restart. It answers 200 to all. */
class FormWork {
  readonly settings = new Map([["limit", "16"], ["mode", "a"]]);
  /** Bodies of firmware uploads, with their type. */
  readonly uploads: { readonly type: string; readonly body: string }[] = [];
  restarts = 0;

  constructor(private readonly accounts: SimAccounts) {}

  answer({ method, path, body, headers }: SimRequest): SimAnswer | undefined {
    const form = new URLSearchParams(body);
    if (path === "/info") return page("Info", "<table><tr><td>Firmware version</td><td>2.4.1-b7</td></tr></table>");
    if (path === "/password") return method === "GET" ? page("Password", PASSWORD_FORM) : this.#password(form);
    if (path === "/settings" && method === "POST") { for (const [name, value] of form) this.#set(name, value); }
    if (path === "/settings") return page("Settings", this.#settingsForm());
    if (path === "/logs") return { status: 200, headers: { "content-type": "text/plain" }, body: "started" };
    if (path === "/update") {
      this.uploads.push({ type: String(headers["content-type"]), body });
      return page("Update", body.includes("firmware") ? "<p>accepted</p>" : "<p>no image</p>");
    }
    if (path === "/reboot" && method === "POST") return (this.restarts++, page("Restart", "<p>restarting</p>"));
    return undefined;
  }

  #password(form: URLSearchParams): SimAnswer {
    const isRight = this.accounts.try("admin", (right) => right === form.get("old")) === "in";
    if (!isRight || form.get("new") !== form.get("again")) return page("Password", "<p>Not changed</p>");
    this.accounts.change("admin", form.get("new")!);
    return page("Password", "<p>Changed</p>");
  }

  #set(name: string, value: string): void {
    if (this.settings.has(name)) this.settings.set(name, value);
  }

  #settingsForm(): string {
    const fields = [...this.settings].map(([name, value]) => `<input name="${name}" value="${value}">`);
    return `<form method="post"><input type="hidden" name="token" value="1">${fields.join("")}</form>`;
  }
}

const PASSWORD_FORM = `<form method="post" action="/password"><input type="hidden" name="token" value="1">
<input type="password" name="old"><input type="password" name="new"><input type="password" name="again"></form>`;

/** A device whose login nobody wrote down: the person types it in on the page itself. */
export function guidedPages(passwords: SimPasswords, now?: () => number) {
  const { pages: form, accounts } = formPages(passwords, now);
  const pages: SimPages = (request) =>
    request.path === "/" ? page("Unknown controller", '<a href="/login">Log in</a>') : form(request);
  return { pages, accounts };
}
