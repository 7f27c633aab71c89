import type { FrontLanguage } from "./door_page.ts";

type Words = readonly [title: string, why: string, next: string];

/** Pages of the door that need no device. */
const PAGES = {
  "no-session": {
    en: ["Log in at the console", "No open session belongs to this page.", "Open the station in the console again."],
    de: [
      "Melden Sie sich an der Konsole an",
      "Zu dieser Seite gehört keine offene Sitzung.",
      "Öffnen Sie die Station erneut in der Konsole.",
    ],
  },
  "ticket": {
    en: [
      "This link is used up",
      "A link from the console opens a page once and within 30 seconds.",
      "Open the station in the console again.",
    ],
    de: [
      "Dieser Link ist verbraucht",
      "Ein Link der Konsole öffnet eine Seite einmal und innerhalb von 30 Sekunden.",
      "Öffnen Sie die Station erneut in der Konsole.",
    ],
  },
  "opening": {
    en: ["Opening the page", "The gateway opens the controller's page.", "Go on if nothing happens."],
    de: ["Die Seite wird geöffnet", "Das Gateway öffnet die Seite des Controllers.", "Weiter, falls nichts geschieht."],
  },
  "no-cookie": {
    en: [
      "Your browser keeps no cookie",
      "Without the cookie of this page the gateway cannot know you.",
      "Allow cookies for this address and open the station again.",
    ],
    de: [
      "Ihr Browser behält kein Cookie",
      "Ohne das Cookie dieser Seite kann das Gateway Sie nicht erkennen.",
      "Erlauben Sie Cookies für diese Adresse und öffnen Sie die Station erneut.",
    ],
  },
  "ended": {
    en: ["The session is over", "The way to the controller is closed.", "Open the station in the console again."],
    de: [
      "Die Sitzung ist beendet",
      "Der Weg zum Controller ist geschlossen.",
      "Öffnen Sie die Station erneut in der Konsole.",
    ],
  },
  "idle": {
    en: [
      "Logged out",
      "Nothing was done for so long that the gateway ended the session.",
      "Open the station in the console again.",
    ],
    de: [
      "Abgemeldet",
      "Es geschah so lange nichts, dass das Gateway die Sitzung beendet hat.",
      "Öffnen Sie die Station erneut in der Konsole.",
    ],
  },
  "left": {
    en: ["You have logged out", "The session at the controller is over.", "You can close this window."],
    de: ["Sie haben sich abgemeldet", "Die Sitzung am Controller ist beendet.", "Sie können dieses Fenster schließen."],
  },
  "session": {
    en: ["Your session", "You work on this controller through the gateway.", "End the session when you are done."],
    de: [
      "Ihre Sitzung",
      "Sie arbeiten über das Gateway an diesem Controller.",
      "Beenden Sie die Sitzung, wenn Sie fertig sind.",
    ],
  },
  "refused": {
    en: ["Not allowed here", "{reason}.", "{hint}."],
    de: ["Hier nicht erlaubt", "{reason}.", "{hint}."],
  },
  "malformed": {
    en: [
      "The request was not understood",
      "It is written in a way that two programs could read differently.",
      "Wanted: {hint}.",
    ],
    de: [
      "Die Anfrage wurde nicht verstanden",
      "Sie ist so geschrieben, dass zwei Programme sie verschieden lesen könnten.",
      "Erwartet: {hint}.",
    ],
  },
  "leaves": {
    en: [
      "This leads away from the controller",
      "The controller sends you to {where}, which is no part of it.",
      "The gateway does not follow; go there only if you know why.",
    ],
    de: [
      "Das führt vom Controller weg",
      "Der Controller schickt Sie zu {where}, das nicht zu ihm gehört.",
      "Das Gateway folgt nicht; gehen Sie nur dorthin, wenn Sie wissen, warum.",
    ],
  },
  "away": {
    en: [
      "The gateway is restarting a part of itself",
      "The part that holds logins does not answer, so nothing was sent to the device.",
      "Reload this page in a few seconds; if it stays, ask the network admin.",
    ],
    de: [
      "Das Gateway startet einen Teil von sich neu",
      "Der Teil, der die Anmeldungen hält, antwortet nicht; an das Gerät ging nichts.",
      "Laden Sie die Seite in einigen Sekunden neu; bleibt es so, fragen Sie den Netzwerkadministrator.",
    ],
  },
  "busy": {
    en: ["Too much at once", "{reason}.", "Wait for what is under way and try again."],
    de: ["Zu viel auf einmal", "{reason}.", "Warten Sie ab, was läuft, und versuchen Sie es erneut."],
  },
} as const satisfies Record<string, Record<FrontLanguage, Words>>;

/** Names of these pages. */
export type FrontText = keyof typeof PAGES;

/** Whether a name is that of a page. */
export function isFrontText(name: string): name is FrontText {
  return Object.hasOwn(PAGES, name);
}

/** The text of a page; `{name}` stands for a fact. */
export function frontText(
  name: FrontText,
  language: FrontLanguage,
  facts: Readonly<Record<string, string>> = {},
): { readonly title: string; readonly why: string; readonly next: string } {
  const [title, why, next] = PAGES[name][language].map((text: string) =>
    text.replace(/\{(\w+)\}/g, (_, fact: string) => facts[fact] ?? "").replace(/^\.$/, "")
  ) as [string, string, string];
  return { title, why, next };
}

/** Labels of buttons. */
export const LABELS = {
  en: {
    takeOver: "Take over",
    leave: "End session",
    back: "Back to the controller",
    goOn: "Go on",
    role: "Account",
    person: "Person",
    until: "Until",
    station: "Station",
  },
  de: {
    takeOver: "Übernehmen",
    leave: "Sitzung beenden",
    back: "Zurück zum Controller",
    goOn: "Weiter",
    role: "Konto",
    person: "Person",
    until: "Bis",
    station: "Station",
  },
} as const;
