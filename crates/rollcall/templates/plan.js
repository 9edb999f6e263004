const search = document.getElementById("search");
if (search) {
  search.hidden = false;
  const nothing = document.getElementById("nothing");
  const groups = [...document.querySelectorAll("section.group")].map((section) => ({
    section,
    articles: [...section.querySelectorAll("article")].map((article) => ({ article, text: article.textContent.toLowerCase() })),
  }));
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const { section, articles } of groups) {
      let shown = 0;
      for (const { article, text } of articles) {
        article.hidden = !text.includes(wanted);
        shown += article.hidden ? 0 : 1;
      }
      section.hidden = shown === 0;
      found += shown;
    }
    nothing.hidden = found > 0;
  });
}
