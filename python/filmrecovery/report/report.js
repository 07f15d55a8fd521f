"use strict";
// Without this script the pictures stand side by side; with it they lie on each other, and one frame is seen at a time.
document.documentElement.classList.add("scripted");
const wipes = [...document.querySelectorAll(".wipe")];
const choices = [...document.querySelectorAll(".choice input")];

for (const wipe of wipes) {
	const stage = wipe.querySelector(".stage");
	const slider = wipe.querySelector("input[type=range]");
	const show = () => {
		stage.style.setProperty("--at", slider.value + "%");
		slider.setAttribute("aria-valuetext", `source up to ${Math.round(slider.value)} per cent of the width`);
	};
	const follow = event => {
		const box = stage.getBoundingClientRect();
		slider.value = 100 * (event.clientX - box.left) / box.width;
		show();
	};
	slider.addEventListener("input", show);
	stage.addEventListener("pointerdown", event => { stage.setPointerCapture(event.pointerId); follow(event); });
	stage.addEventListener("pointermove", event => { if (event.buttons) follow(event); });
	show();
}

const choose = id => {
	if (!wipes.some(wipe => wipe.id === id)) return;
	for (const wipe of wipes) wipe.hidden = wipe.id !== id;
	for (const choice of choices) choice.checked = choice.value === id;
};
for (const choice of choices) choice.addEventListener("change", () => choose(choice.value));
const fromAddress = () => choose(location.hash.slice(1));
addEventListener("hashchange", fromAddress);
if (wipes.length) choose(wipes[0].id);
fromAddress();
