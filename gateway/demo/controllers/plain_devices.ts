import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { basicOf, page, type SimAnswer, type SimPages } from "./simulated_device.ts";

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
  const pages: SimPages = ({ method, path, headers, body }) => {
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
    return sessions.owner(cookie) ? page("Form controller", `<p>${path}</p>`) : toLogin;
  };
  return { pages, accounts, expire: () => sessions.endAll() };
}

/** A device whose login nobody wrote down: the person types it in on the page itself. */
export function guidedPages(passwords: SimPasswords, now?: () => number) {
  const { pages: form, accounts } = formPages(passwords, now);
  const pages: SimPages = (request) =>
    request.path === "/" ? page("Unknown controller", '<a href="/login">Log in</a>') : form(request);
  return { pages, accounts };
}
