import type { Child } from "hono/jsx";
import type { TimeStyle } from "./components/time.tsx";
import type { Language } from "./i18n/language.ts";
import type { Person } from "./person.ts";

/** What pages say of the site. */
export interface ConsoleSite {
  readonly id: string;
  readonly name: string;
  /** IANA name, as Europe/Berlin. */
  readonly timeZone: string;
}

/** One person looking at one page. */
export interface Visit {
  readonly person: Person;
  readonly site: ConsoleSite;
  readonly language: Language;
  readonly time: TimeStyle;
  /** Goes into every form: the proof that it came from our own page. */
  readonly token: string;
  /** The path as asked for, without the query. */
  readonly path: string;
  /** Values of the `:name` parts of the page's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What the act before said, shown once. */
  readonly flash?: Flash | undefined;
}

/** What an act tells the page that follows it. */
export interface Flash {
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
}

/**
 * What a page or an act answers: a body for the frame, the way to another page, the way out to another origin, a file to
 * keep, or a picture.
 */
export type Answer =
  | { readonly title: string; readonly body: Child; readonly status?: 200 | 404 | 409 | 422 }
  | { readonly see: string; readonly flash?: Flash }
  | { readonly go: string; readonly title: string; readonly lead: string; readonly link: string }
  | {
    readonly picture: {
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly type: "image/jpeg" | "image/png";
      /** Names these very bytes. */
      readonly tag: string;
    };
  }
  | { readonly file: { readonly name: string; readonly type: string }; readonly text: string }
  | { readonly file: { readonly name: string; readonly type: string }; readonly bytes: Uint8Array<ArrayBuffer> };
