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
      {
        id: "housing",
        en: "Housing: nothing bent, drilled or added",
        de: "Gehäuse: nichts verbogen, gebohrt, angebaut",
      },
      { id: "seal", en: "Seals: whole, with the number on record", de: "Siegel: ganz, mit der notierten Nummer" },
      { id: "lock", en: "Lock: closed, no traces of tools", de: "Schloss: zu, ohne Spuren von Werkzeug" },
      {
        id: "cables",
        en: "Cables and plugs: whole, nothing in between",
        de: "Kabel und Stecker: heil, nichts dazwischen",
      },
      {
        id: "reader",
        en: "Card reader: no overlay, nothing behind it",
        de: "Kartenleser: kein Aufsatz, nichts dahinter",
      },
      {
        id: "place",
        en: "Place: lit, in sight of people or a camera",
        de: "Umgebung: hell, im Blick von Leuten oder Kamera",
      },
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
      { id: "overlay", en: "No overlay, no second keypad", de: "Kein Aufsatz, keine zweite Tastatur" },
      {
        id: "slot",
        en: "Card slot: nothing inside, nothing in front",
        de: "Kartenschlitz: nichts darin, nichts davor",
      },
      { id: "seal", en: "Seal of the terminal: whole", de: "Siegel des Terminals: ganz" },
      { id: "number", en: "Serial number as on record", de: "Seriennummer wie notiert" },
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
      { id: "names", en: "Who may open stations is written down", de: "Wer Stationen öffnen darf, ist notiert" },
      { id: "training", en: "Each of them is qualified for it", de: "Jeder davon ist dafür befähigt" },
      {
        id: "keys",
        en: "Keys and reset cards are with them alone",
        de: "Schlüssel und Rücksetzkarten sind nur bei ihnen",
      },
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
      { id: "wifi", en: "The station's own WIFI is off", de: "Das eigene WLAN der Station ist aus" },
      { id: "other", en: "No other radio network of it is seen", de: "Kein anderes Funknetz von ihr ist zu sehen" },
    ],
  },
];
