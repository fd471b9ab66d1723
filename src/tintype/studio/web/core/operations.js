// What changes a state: the same operations as the server's, so that the page shows at once what will be stored.

/** @typedef {{id: string, enabled: boolean, mark: Object<string, any>}} Placed a mark on the page */
/** @typedef {{marks: Placed[], palette: Object<string, any>|null, style: Object<string, any>|null, settings: Object<string, any>}} State */
/** @typedef {Object<string, any>} Operation as in the description of the interface */

/** @type {(placed: Placed) => Operation} */
export const setMark = (placed) => ({ op: "set_mark", mark: placed });

/** @type {(id: string) => Operation} */
export const removeMark = (id) => ({ op: "remove_mark", id });

/** @type {(ids: string[]) => Operation} */
export const orderMarks = (ids) => ({ op: "order_marks", ids });

/** @type {(palette: Object<string, any>|null) => Operation} */
export const setPalette = (palette) => ({ op: "set_palette", palette });

/** @type {(style: Object<string, any>|null) => Operation} */
export const setStyle = (style) => ({ op: "set_style", style });

/** @type {(settings: Object<string, any>) => Operation} */
export const setSettings = (settings) => ({ op: "set_settings", settings });

const APPLY = {
  set_mark: (state, { mark }) => ({ ...state, marks: withMark(state.marks, mark) }),
  remove_mark: (state, { id }) => ({ ...state, marks: state.marks.filter((it) => it.id !== id) }),
  order_marks: (state, { ids }) => ({ ...state, marks: ordered(state.marks, ids) }),
  set_palette: (state, { palette }) => ({ ...state, palette }),
  set_style: (state, { style }) => ({ ...state, style }),
  set_settings: (state, { settings }) => ({ ...state, settings: { ...state.settings, ...settings } }),
};

/**
 * Return a state after some operations.
 * @param {State} state
 * @param {Operation[]} operations
 * @returns {State}
 */
export function applyOperations(state, operations) {
  return operations.reduce((result, operation) => APPLY[operation.op](result, operation), state);
}

function withMark(marks, mark) {
  return marks.some((it) => it.id === mark.id)
    ? marks.map((it) => (it.id === mark.id ? mark : it))
    : [...marks, mark];
}

function ordered(marks, ids) {
  const place = (mark) => ids.indexOf(mark.id);
  return [...marks].sort((one, other) => place(one) - place(other));
}
