// All parts of the page, and what they know of each other.

import { Album } from "../album/album.js";
import { createMissing } from "../album/missing.js";
import { createStrip } from "../album/strip.js";
import { Receiver } from "../album/receiver.js";
import { createWelcome } from "../album/welcome.js";
import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { Live } from "../core/live.js";
import { Session } from "../core/session.js";
import { Store } from "../core/store.js";
import { t } from "../core/texts.js";
import { MarkDesk } from "../marks/desk.js";
import { createPanel } from "../panels/panel.js";
import { Saver } from "../save/saver.js";
import { Viewer } from "../viewer/viewer.js";
import { Announcer } from "./announcer.js";
import { createBanner } from "./banner.js";
import { Keys } from "./keys.js";
import { createToolbar } from "./toolbar.js";
import { createTopbar } from "./topbar.js";
import { followVersion } from "./version.js";

const BEGINNING = {
  studio: null,
  connection: "connecting",
  album: [],
  uploads: [],
  photo: null,
  position: null,
  state: null,
  isTrying: false,
  waiting: 0,
  waitingHere: 0,
  busy: false,
  tool: "mark",
  selected: null,
  draft: null,
  compare: "off",
  showsOriginal: false,
  showsDoubt: false,
  showsMarks: true,
  seenClass: null,
  tab: "look",
  sheet: false,
  saves: [],
  missing: {},
  changed: {},
};

export class App {
  constructor() {
    this.store = new Store(BEGINNING);
    this.announcer = new Announcer();
    this.live = new Live();
    this.session = new Session(this.live, this.store);
    this.album = new Album(this);
    this.receiver = new Receiver(this);
    this.viewer = new Viewer(this);
    this.marks = new MarkDesk(this);
    this.saver = new Saver(this);
    this.keys = new Keys(this);
  }

  /** Ask what this studio is and which photographs it has. */
  async begin() {
    this.store.set({ studio: await get("/studio") });
    await this.album.refresh();
  }

  /** @returns {Element[]} the page */
  get elements() {
    const stage = h("main", { class: "stage", id: "stage" }, createWelcome(this), this.viewer.element, createMissing(this));
    const skip = h("a", { class: "skip", href: "#stage", on: { click: (event) => this.#skip(event) } }, t("app.skip"));
    const frame = h(
      "div",
      { class: "frame" },
      createTopbar(this),
      createBanner(this),
      createToolbar(this),
      stage,
      createStrip(this),
      createPanel(this),
    );
    return [skip, frame, ...this.marks.elements, this.saver.tray, ...this.announcer.elements];
  }

  /** Connect, once everything is on the page. */
  start() {
    this.#listen();
    followVersion(this);
    this.receiver.listen();
    this.keys.listen();
    this.live.connect();
    this.album.openFirst();
  }

  /**
   * Undo or redo, and say so to those who can't see it.
   * @param {-1|1} by
   */
  step(by) {
    const name = by < 0 ? "undo" : "redo";
    this.announcer.hear(t(this.session.step(by) ? `${name}.done` : `${name}.none`));
  }

  #listen() {
    const { store, live, session, announcer } = this;
    let was = live.now;
    live.status.listen((connection) => {
      store.set({ connection });
      if (connection === "open" && was === "lost") this.album.refresh().catch((error) => announcer.fail(error));
      was = connection;
    });
    live.messages.listen((message) => {
      if (message.type === "album") this.album.refresh().catch((error) => announcer.fail(error));
      if (message.type === "changed") store.set({ changed: { ...store.now.changed, [message.photo]: message.revision ?? Date.now() } });
      if (message.type === "gone") this.album.forget(message.photo);
    });
    session.refusals.listen(({ message }) => {
      announcer.say(message, { kind: "error" });
      if (store.now.photo) this.album.check(store.now.photo); // it may be refused because its file is gone
    });
    store.watch(
      ({ photo }) => photo,
      (photo) => {
        document.title = photo ? `${photo.name} – ${t("app.name")}` : t("app.name");
        document.body.classList.toggle("empty", !photo);
      },
    );
  }

  #skip(event) {
    event.preventDefault();
    this.viewer.element.querySelector("[tabindex]")?.focus();
  }
}
