import { Card, Notice, PageHead } from "./parts.tsx";

/** A secret that is shown now and never again. It stands in no address and no cache. */
export function ShownOnce(
  { title, lead, text, links }: {
    title: string;
    lead: string;
    /** What the command said, with the secret. */
    text: string;
    links: readonly { readonly href: string; readonly text: string }[];
  },
) {
  return (
    <div class="stack">
      <PageHead title={title} />
      <Notice tone="warn" live>{lead}</Notice>
      <Card>
        <pre class="secret" lang="en">{text}</pre>
        <p class="buttons">
          {links.map(({ href, text: label }) => <a class="button quiet" href={href}>{label}</a>)}
        </p>
      </Card>
    </div>
  );
}
