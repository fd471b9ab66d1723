// The album, each photograph in color, and a way to add more: what is there before anything is changed.

const API = "/api/v1";
const said = document.querySelector("#said");

async function ask(path, options) {
  const answer = await fetch(API + path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.message);
  return value;
}

async function comeIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  await ask("/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  history.replaceState(null, "", location.pathname);
}

function show(photo) {
  const picture = document.createElement("img");
  picture.src = `${API}/photos/${photo.id}/preview`;
  picture.alt = photo.name;
  document.querySelector("#photos").prepend(picture);
}

async function add(file) {
  said.textContent = "";
  try {
    show(await ask(`/photos?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file }));
  } catch (error) {
    said.textContent = error.message;
  }
}

document.querySelector("#file").addEventListener("change", (event) => [...event.target.files].forEach(add));
await comeIn();
(await ask("/photos")).photos.forEach(show);
