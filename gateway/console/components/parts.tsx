import type { Child } from "hono/jsx";
import { Icon, type IconName } from "./icon.tsx";

/** How something stands. Never shown by colour alone: each has its drawing and its word. */
export type Tone = "good" | "warn" | "bad" | "info" | "off";

const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  good: "check",
  warn: "alert",
  bad: "cross",
  info: "info",
  off: "circle",
};

/** A state as word, drawing and colour. */
export function State({ tone, icon, children }: { tone: Tone; icon?: IconName; children?: Child }) {
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon ?? TONE_ICONS[tone]} />
      {children}
    </span>
  );
}

/** The head of a page: where it is, its name, one sentence, and what can be done. */
export function PageHead(
  { title, lead, crumb, children }: {
    title: string;
    lead?: Child;
    crumb?: { readonly href: string; readonly text: string };
    children?: Child;
  },
) {
  return (
    <header class="page-head">
      <div>
        {crumb && (
          <nav class="crumbs">
            <a href={crumb.href}>{crumb.text}</a>
          </nav>
        )}
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </header>
  );
}

/** A framed part of a page. `flush`: its content reaches to the frame, as tables do. */
export function Card(
  { title, lead, flush, aside, id, children }: {
    title?: string;
    lead?: Child;
    flush?: boolean;
    aside?: Child;
    id?: string;
    children?: Child;
  },
) {
  return (
    <section class="card" {...id === undefined ? {} : { id }}>
      {title && (
        <header>
          <h2>{title}</h2>
          {aside}
          {lead && <p>{lead}</p>}
        </header>
      )}
      <div class={flush ? "flush" : "body"}>{children}</div>
    </section>
  );
}

/** A message about what happened or what to know. */
export function Notice(
  { tone, title, live, children }: { tone: Tone; title?: string; live?: boolean; children?: Child },
) {
  return (
    <div class={`notice ${tone}`} role={live ? (tone === "bad" ? "alert" : "status") : undefined}>
      <Icon name={TONE_ICONS[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}

/** What stands where nothing is yet: why, and what to do. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: Child }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  );
}

/** One column of a table; its head is repeated beside each value on a phone. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Child;
  /** As narrow as its content. */
  readonly tight?: boolean;
}

/** A table that becomes cards on a phone. `empty` stands in its place without rows. */
export function Table<Row>(
  { columns, rows, empty, caption }: {
    columns: readonly Column<Row>[];
    rows: readonly Row[];
    empty?: Child;
    caption: string;
  },
) {
  if (rows.length === 0 && empty) return <>{empty}</>;
  return (
    <table class="cards">
      <caption class="hidden-visually">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ head, tight }) => (
            <th scope="col" class={tight ? "tight" : undefined}>
              {head || <span class="hidden-visually">—</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ head, cell, tight }) => (
              <td data-label={head} class={tight ? "tight" : undefined}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Names and values. */
export function Facts({ rows }: { rows: readonly (readonly [string, Child] | undefined)[] }) {
  return (
    <dl class="facts">
      {rows.map((row) =>
        row && (
          <>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </>
        )
      )}
    </dl>
  );
}

/** A number with its name; a link when there is more to see. */
export function Tile(
  { label, value, note, href }: { label: string; value: Child; note?: Child; href?: string },
) {
  const content = (
    <>
      <span class="label">{label}</span>
      <span class="value">{value}</span>
      {note && <span class="small">{note}</span>}
    </>
  );
  return href === undefined ? <div class="tile">{content}</div> : <a class="tile" href={href}>{content}</a>;
}
