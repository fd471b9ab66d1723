// A page that was loaded from another version of the studio than the one that answers by now is loaded anew.

import { get } from "../core/api.js";

/**
 * Ask after each lost connection which version it is; who is doing something is not interrupted.
 * @param {import("./app.js").App} app
 */
export function followVersion({ store }) {
  let before = "";
  let isOld = false;
  const check = async () => {
    const { tintype } = await get("/studio").catch(() => store.now.studio); // the next connection asks again
    if (isOld || tintype === store.now.studio.tintype) return;
    isOld = true;
    store.watch(isIdle, (isSo) => isSo && location.reload());
  };
  store.watch(
    ({ connection }) => connection,
    (connection) => {
      if (connection === "open" && before === "lost") check();
      before = connection;
    },
  );
}

function isIdle({ connection, waiting, uploads, draft, isTrying }) {
  return connection === "open" && !waiting && !uploads.length && !draft && !isTrying;
}
