import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

/** Name of the hidden field that proves a form came from our own page. */
export const TOKEN_FIELD = "_token";

/** A form that posts; it works without script. */
export function Form(
  { action, token, id, inline, sendsFile, children }: {
    action: string;
    /** Of the page's context: the proof that the form is ours. */
    token: string;
    id?: string;
    inline?: boolean;
    sendsFile?: boolean;
    children?: Child;
  },
) {
  const more = { ...id === undefined ? {} : { id }, ...sendsFile ? { enctype: "multipart/form-data" as const } : {} };
  return (
    <form method="post" action={action} {...more}>
      <input type="hidden" name={TOKEN_FIELD} value={token} />
      <div class={inline ? "fields inline" : "fields"}>{children}</div>
    </form>
  );
}

/** What a text field needs to know. */
export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "password" | "number" | "date" | "datetime-local" | "search" | "email" | "url";
  readonly value?: string | undefined;
  readonly hint?: Child;
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
  readonly placeholder?: string;
  readonly inputmode?: "decimal" | "numeric" | "text";
  readonly maxlength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly mono?: boolean;
  readonly rows?: number;
  /** Tells fields of the same name apart that stand on one page: the station or row that the form is of. */
  readonly scope?: string;
}

/** A labelled text field with its hint and what was wrong with it. */
export function Field({ name, label, hint, fault, mono, rows, value, scope, ...input }: FieldProps) {
  const id = fieldId(name, scope);
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter((part) => part).join(" ");
  const shared = {
    id,
    name,
    ...described ? { "aria-describedby": described } : {},
    ...fault ? { "aria-invalid": "true" as const } : {},
    ...mono ? { class: "code" } : {},
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined
        ? <input {...shared} {...value === undefined ? {} : { value }} {...input} type={input.type ?? "text"} />
        : <textarea {...shared} rows={rows} required={input.required}>{value ?? ""}</textarea>}
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      {fault && (
        <span class="fault" id={`${id}-fault`}>
          <Icon name="alert" />
          {fault}
        </span>
      )}
    </div>
  );
}

/** A labelled field for a file of this computer. */
export function FileField(
  { name, label, accept, hint, required, scope, camera }: {
    name: string;
    label: string;
    /** Media types or ends of names to offer; what comes is judged by its bytes. */
    accept?: string;
    hint?: string;
    required?: boolean;
    scope?: string;
    /** A phone offers its camera, that on the back. */
    camera?: boolean;
  },
) {
  const id = fieldId(name, scope);
  const described = {
    ...hint === undefined ? {} : { "aria-describedby": `${id}-hint` },
    ...camera ? { capture: "environment" as const } : {},
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input type="file" id={id} name={name} required={required} {...accept ? { accept } : {}} {...described} />
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

/** One choice of a list. */
export interface Option {
  readonly value: string;
  readonly text: string;
}

/** A labelled list to choose from. */
export function Select(
  { name, label, options, value, hint, scope }: {
    name: string;
    label: string;
    options: readonly Option[];
    value?: string | undefined;
    hint?: string;
    scope?: string;
  },
) {
  const id = fieldId(name, scope);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} {...hint ? { "aria-describedby": `${id}-hint` } : {}}>
        {options.map((option) => <option value={option.value} selected={option.value === value}>{option.text}</option>)}
      </select>
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

/** A box to tick, with its label and a line of explanation. */
export function Checkbox(
  { name, label, note, value = "yes", checked, required }: {
    name: string;
    label: string;
    note?: string;
    value?: string;
    checked?: boolean;
    required?: boolean;
  },
) {
  return (
    <label class="choice">
      <input type="checkbox" name={name} value={value} checked={checked} required={required} />
      <div>
        {label}
        {note && <span>{note}</span>}
      </div>
    </label>
  );
}

/** The button that posts a form. */
export function Submit(
  { kind = "main", small, name, value, children }: {
    kind?: "main" | "quiet" | "danger";
    small?: boolean;
    name?: string;
    value?: string;
    children?: Child;
  },
) {
  const classes = ["button", kind === "main" ? "" : kind, small ? "small" : ""].filter((part) => part).join(" ");
  return (
    <div class="buttons">
      <button type="submit" class={classes} {...name === undefined ? {} : { name, value: value ?? "" }}>
        {children}
      </button>
    </div>
  );
}

/** Something that is opened before it can be done: dangerous acts ask for more there. Works without script. */
export function Disclosure(
  { summary, kind = "quiet", small, children }: {
    summary: string;
    kind?: "quiet" | "danger";
    small?: boolean;
    children?: Child;
  },
) {
  return (
    <details class="act">
      <summary class={`button ${kind}${small ? " small" : ""}`}>{summary}</summary>
      <div class="panel">{children}</div>
    </details>
  );
}

const fieldId = (name: string, scope: string | undefined): string =>
  `f-${scope === undefined ? "" : `${scope.replace(/[^\w-]/g, "_")}-`}${name}`;
