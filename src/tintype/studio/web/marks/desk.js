// Marks: made by the tools, changed by hand, shown on the photograph.

import { get } from "../core/api.js";
import { hexOf } from "../core/color.js";
import { later } from "../core/dom.js";
import { drawId } from "../core/ids.js";
import { removeMark, setMark } from "../core/operations.js";
import { percent, t } from "../core/texts.js";
import { colorAt } from "./advice.js";
import { nameOf } from "./color_names.js";
import { anchorOf, scaled, translated } from "./geometry.js";
import { Handles } from "./handles.js";
import { Popover } from "./popover.js";
import { rememberColor } from "./recent.js";
import { Tools } from "./tools.js";

const LABELS = { point: "did.spot", grown: "did.thing", stroke: "did.stroke", lasso: "did.lasso", mask: "did.region" };
const IDLE = 450;

/** @typedef {import("../core/operations.js").Placed} Placed */

export class MarkDesk {
  #app;
  #settle;
  #moving = null;
  #doubtful = [];
  #pick = null;

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
    this.popover = new Popover(app, this);
    this.tools = new Tools(app, this);
    this.handles = new Handles(app, this);
    this.#settle = later(() => this.#finishMoving(), IDLE);
    app.store.watch(({ photo, position }) => [photo?.id, position?.result], () => {
      this.#doubtful = [];
    });
    app.store.watch(({ photo }) => photo?.id, () => {
      this.#moving = null;
      this.#pick = null;
    });
  }

  /** @returns {Element[]} to be put on the page */
  get elements() {
    return [this.popover.element];
  }

  /** @returns {Placed|null} the mark that is being made or changed */
  get current() {
    const { draft, selected, state } = this.#app.store.now;
    return draft ?? state?.marks.find((it) => it.id === selected) ?? null;
  }

  /**
   * Begin a mark that has no color yet: nothing is stored before it has one.
   * @param {Object<string, any>} mark without color
   */
  begin(mark) {
    this.#finishMoving();
    const again = this.tools.sameColorAgain(mark);
    const placed = { id: newMarkId(), enabled: true, mark };
    this.#app.store.set({ draft: placed, selected: null });
    this.#app.announcer.hear(t("mark.begun"));
    this.popover.open();
    if (again) this.recolor(again, true);
  }

  /** @param {string} id of the mark to be changed; the window with its color opens */
  edit(id) {
    this.#app.store.set({ selected: id, draft: null });
    this.popover.open();
  }

  /** Close the window; a mark without a color is gone. */
  leave() {
    this.#finishMoving();
    this.#app.session.endTrial();
    this.#pick = null;
    const { selected } = this.#app.store.now;
    const hadFocus = this.popover.element.contains(document.activeElement);
    this.#app.store.set({ draft: null, selected: null });
    this.popover.close();
    if (selected) this.handles.focus(selected);
    else if (hadFocus) this.#app.viewer.cross.element.focus({ preventScroll: true });
  }

  /**
   * Give the current mark a color.
   * @param {string|number[]} color as marks have it
   * @param {boolean} isDone false while the pointer still moves
   */
  recolor(color, isDone) {
    const placed = this.current;
    if (!placed) return;
    const { palette: _, ...rest } = placed.mark;
    const mark = { ...rest, color, origin: "person" };
    this.#apply({ ...placed, enabled: true, mark }, isDone, this.#app.store.now.draft ? LABELS[mark.kind] : "did.color");
    if (!isDone) return;
    if (color !== "neutral") rememberColor(hexOf(color));
    this.#app.announcer.hear(t("mark.has_color", { color: nameOf(color) }));
  }

  /**
   * Change something else of a mark.
   * @param {Placed} placed as it becomes
   * @param {boolean} isDone
   * @param {string} label
   */
  change(placed, isDone, label) {
    if (this.#app.store.now.draft?.id === placed.id) this.#app.store.set({ draft: placed });
    else this.#apply(placed, isDone, label);
  }

  /** @param {Placed} placed */
  toggle(placed) {
    const enabled = !placed.enabled;
    this.#apply({ ...placed, enabled }, true, enabled ? "did.on" : "did.off");
    this.#app.announcer.hear(t(enabled ? "mark.is_on" : "mark.is_off"));
  }

  /** @param {Placed} placed */
  remove(placed) {
    const wasDraft = this.#app.store.now.draft?.id === placed.id;
    this.popover.close();
    this.#app.store.set({ draft: null, selected: null });
    if (!wasDraft) this.#app.session.change([removeMark(placed.id)], "did.delete");
    this.#app.announcer.hear(t("mark.is_deleted"));
  }

  /**
   * Move a mark by keys: the picture follows, and it is stored when the keys rest.
   * @param {Placed} placed
   * @param {number} dx pixels of the photograph
   * @param {number} dy
   */
  nudge(placed, dx, dy) {
    const mark = translated(placed.mark, dx, dy, this.#app.store.now.photo);
    this.#moving = { placed: { ...placed, mark }, label: "did.move" };
    this.#apply(this.#moving.placed, false);
    this.#settle();
  }

  /** @param {number} factor of the size of the current mark, else of the brush */
  resizeBy(factor) {
    const focused = this.handles.focused;
    const placed = focused ?? this.current;
    if (!placed) return this.tools.resizeBy(factor);
    const mark = scaled(placed.mark, factor, this.#app.store.now.photo);
    if (this.#app.store.now.draft) return this.change({ ...placed, mark }, true, "did.size");
    this.#moving = { placed: { ...placed, mark }, label: "did.size" };
    this.#apply(this.#moving.placed, false);
    return this.#settle();
  }

  /** Let the next press on the photograph choose the color of the current mark. */
  pickFromPhoto() {
    this.#pick = this.current?.id ?? null;
    this.#app.announcer.say(t("dropper.press"));
  }

  /**
   * Take the color of a place: for the current mark, or to be kept.
   * @param {{x: number, y: number}} place
   */
  async pickAt(place) {
    const { store, announcer } = this.#app;
    try {
      this.useColor((await colorAt(store.now.photo.id, place)).hex);
    } catch (error) {
      announcer.fail(error);
    }
  }

  /** @returns {boolean} whether the next press chooses a color */
  get isPicking() {
    return this.#pick !== null;
  }

  /** @param {string} hex a color from elsewhere: of the current mark, or to be kept */
  useColor(hex) {
    this.#pick = null;
    if (this.current) {
      this.recolor(hex, true);
      this.popover.show();
    } else {
      rememberColor(hex);
      this.#app.announcer.say(t("dropper.kept", { color: nameOf(hex), hex }));
    }
  }

  /** Let the current place keep the color that it has now. */
  async pin() {
    const { store, session, announcer } = this.#app;
    const placed = this.current;
    if (!placed) return;
    const { x, y } = anchorOf(placed.mark);
    try {
      const { operations } = await get(`/photos/${store.now.photo.id}/pin`, { x, y, radius: placed.mark.radius ?? 0 });
      session.change(operations, "did.pin");
      announcer.hear(t("mark.is_pinned"));
      this.leave();
    } catch (error) {
      announcer.fail(error);
    }
  }

  /** Go to the place about which the model knows least, and to the next one each time. */
  async goToDoubtful() {
    const { store, viewer, announcer } = this.#app;
    try {
      if (!this.#doubtful.length) {
        this.#doubtful = (await get(`/photos/${store.now.photo.id}/doubtful`, { count: 8 })).places;
      }
      const place = this.#doubtful.shift();
      if (!place) return announcer.say(t("doubt.none"));
      viewer.goTo(place, place.radius);
      this.begin(this.tools.pointAt(place));
      announcer.hear(t("doubt.here", { doubt: percent(place.doubt) }));
    } catch (error) {
      announcer.fail(error);
    }
    return undefined;
  }

  #apply(placed, isDone, label = "did.change") {
    const { store, session } = this.#app;
    const isNew = store.now.draft?.id === placed.id;
    if (!isDone) return session.tryOut([setMark(placed)]);
    this.#moving = null;
    this.#settle.cancel();
    session.change([setMark(placed)], label);
    if (isNew) store.set({ draft: null, selected: placed.id });
    return this.handles.refresh();
  }

  #finishMoving() {
    this.#settle.cancel();
    if (!this.#moving) return;
    const { placed, label } = this.#moving;
    this.#apply(placed, true, label);
    this.popover.renew();
  }
}

function newMarkId() {
  return `m-${drawId(14)}`;
}
