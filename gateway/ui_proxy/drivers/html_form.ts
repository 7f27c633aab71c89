import { Parser } from "htmlparser2";

/** What a page's first form with a wanted field holds. */
export interface HtmlForm {
  readonly action: string;
  readonly hidden: readonly (readonly [name: string, value: string])[];
}

/** The first form of a page that has a field of this name. */
export function findForm(html: string, field: string): HtmlForm | undefined {
  let open: { action: string; hidden: [string, string][]; hasField: boolean } | undefined;
  let found: HtmlForm | undefined;
  const parser = new Parser({
    onopentag(tag, attributes) {
      if (tag === "form") open = { action: attributes["action"] ?? "", hidden: [], hasField: false };
      if (!FIELDS.has(tag) || !open) return;
      const name = attributes["name"];
      if (name === field) open.hasField = true;
      else if (name && attributes["type"]?.toLowerCase() === "hidden") {
        open.hidden.push([name, attributes["value"] ?? ""]);
      }
    },
    onclosetag(tag) {
      if (tag !== "form") return;
      if (open?.hasField) found ??= open;
      open = undefined;
    },
  });
  parser.end(html);
  return found ?? (open?.hasField ? open : undefined);
}

const FIELDS: ReadonlySet<string> = new Set(["input", "select", "textarea"]);
/** Fields that are no settings: tokens, buttons, and passwords, which pages show empty. */
const UNREAD: ReadonlySet<string> = new Set(["button", "file", "hidden", "image", "password", "reset", "submit"]);

/** Path and query that a form goes to; undefined when they are another host's: secrets go to the device alone. */
export function actionOf(form: Pick<HtmlForm, "action">, formPath: string): string | undefined {
  const base = new URL(formPath, "http://device.invalid");
  const url = URL.parse(form.action, base);
  return url?.origin === base.origin ? `${url.pathname}${url.search}` : undefined;
}

/** Fields of a page's forms with their values, as a browser would send them; of one that stands twice, the last. */
export function fieldsOf(html: string): readonly (readonly [name: string, value: string])[] {
  const found = new Map<string, string>();
  let select: string | undefined, area: string | undefined;
  const parser = new Parser({
    onopentag(tag, { name, value = "", type = "text", checked, selected }) {
      if (tag === "select") select = name;
      if (tag === "textarea" && name) found.set(area = name, "");
      if (tag === "option" && select !== undefined && (selected !== undefined || !found.has(select))) {
        found.set(select, value);
      }
      const kind = type.toLowerCase();
      if (tag !== "input" || !name || UNREAD.has(kind)) return;
      if (kind === "checkbox") found.set(name, checked === undefined ? "off" : "on");
      else if (kind !== "radio" || checked !== undefined) found.set(name, value);
    },
    ontext: (text) => void (area !== undefined && found.set(area, (found.get(area) ?? "") + text)),
    onclosetag(tag) {
      if (tag === "select") select = undefined;
      if (tag === "textarea") area = undefined;
    },
  });
  parser.end(html);
  return [...found];
}
