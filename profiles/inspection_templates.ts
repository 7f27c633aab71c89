/**
 * Inspection checklists as data: what a person looks at, how often, and which lines of the makers' guides it answers. Words
 * in the languages of the console.
 */

/** One thing to be looked at. */
export interface InspectionItem {
  readonly id: string;
  readonly en: string;
  readonly de: string;
}

/** One checklist. */
export interface InspectionTemplate {
  readonly id: string;
  readonly en: string;
  readonly de: string;
  /** What it is about: each station it is assigned to, or the site as a whole. */
  readonly about: "site" | "station";
  readonly everyDays: number;
  /** Lines of guides that it answers, as EV-23. */
  readonly lines: readonly string[];
  /** A photo belongs to it. */
  readonly wantsPhoto: boolean;
  readonly items: readonly InspectionItem[];
}

const item = (id: string, en: string, de: string): InspectionItem => ({ id, en, de });

/** Every checklist, alphabetical. */
export const INSPECTION_TEMPLATES: readonly InspectionTemplate[] = [
  {
    id: "housing",
    en: "Housing and place",
    de: "Gehäuse und Umgebung",
    about: "station",
    everyDays: 90,
    lines: ["EV-23"],
    wantsPhoto: false,
    items: [
      item("housing", "Housing: nothing bent, drilled or added", "Gehäuse: nichts verbogen, gebohrt, angebaut"),
      item("seal", "Seals: whole, with the number on record", "Siegel: ganz, mit der notierten Nummer"),
      item("lock", "Lock: closed, no traces of tools", "Schloss: zu, ohne Spuren von Werkzeug"),
      item("cables", "Cables and plugs: whole, nothing in between", "Kabel und Stecker: heil, nichts dazwischen"),
      item("reader", "Card reader: no overlay, nothing behind it", "Kartenleser: kein Aufsatz, nichts dahinter"),
      item("place", "Place: lit, in sight of people or a camera", "Umgebung: hell, im Blick von Leuten oder Kamera"),
    ],
  },
  {
    id: "payment-terminal",
    en: "Payment terminal",
    de: "Bezahlterminal",
    about: "station",
    everyDays: 30,
    lines: ["EV-29"],
    wantsPhoto: true,
    items: [
      item("overlay", "No overlay, no second keypad", "Kein Aufsatz, keine zweite Tastatur"),
      item("slot", "Card slot: nothing inside, nothing in front", "Kartenschlitz: nichts darin, nichts davor"),
      item("seal", "Seal of the terminal: whole", "Siegel des Terminals: ganz"),
      item("number", "Serial number as on record", "Seriennummer wie notiert"),
    ],
  },
  {
    id: "personnel",
    en: "Qualified people",
    de: "Befähigte Personen",
    about: "site",
    everyDays: 365,
    lines: ["EV-33"],
    wantsPhoto: false,
    items: [
      item("names", "Who may open stations is written down", "Wer Stationen öffnen darf, ist notiert"),
      item("training", "Each of them is qualified for it", "Jeder davon ist dafür befähigt"),
      item("keys", "Keys and reset cards are with them alone", "Schlüssel und Rücksetzkarten sind nur bei ihnen"),
    ],
  },
  {
    id: "wifi",
    en: "Radio that is not used",
    de: "Ungenutzter Funk",
    about: "station",
    everyDays: 180,
    lines: ["EV-28"],
    wantsPhoto: false,
    items: [
      item("wifi", "The station's own WIFI is off", "Das eigene WLAN der Station ist aus"),
      item("other", "No other radio network of it is seen", "Kein anderes Funknetz von ihr ist zu sehen"),
    ],
  },
];
