import "uplot/dist/uPlot.min.css";
import "./ui/main.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { followLinks } from "./router.ts";

followLinks();
render(<App />, document.getElementById("app")!);
