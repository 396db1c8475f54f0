// Solara puts this in the page before require.js, which takes it as its settings. The server says where anywidget
// stands only in a script of its own, and a page that is faster than that script looks for it elsewhere and stays blank.
window.require = { map: { "*": { anywidget: "nbextensions/anywidget/index" } } };
