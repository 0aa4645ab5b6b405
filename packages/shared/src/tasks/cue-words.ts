/**
 * Words and phrases of two words by the signal that they raise, in English, German, French,
 * Spanish and Chinese, in lower case. A comma separates them. Chinese ones are found anywhere,
 * the others as whole words.
 */
import type { TaskSignal } from './task-signals.ts';

const codeWords = `
  code, function, functions, class method, regex, regexp, compile, compiler, compiles, debug,
  bug, bugs, refactor, unit test, unit tests, stack trace, traceback, exception, typeerror,
  valueerror, nullreferenceexception, nullpointerexception, segfault, algorithm, api, endpoint,
  rest api, query, script, program, programme, implement, snippet, codebase, repository, commit,
  merge, rebase, branch, pull request, container, deadlock, mutex, thread, threads, async,
  queue, linked list, binary tree, hash map, database, schema, migration, docker, dockerfile,
  kubernetes, terraform, cron, library, framework, dependency, undefined, null, array, boolean,
  loop, recursion, pointer, memory leak, lock free, type error, syntax error, rate limiter,
  unittest, pytest, middleware, funktion, skript, programm, programmiere, fehlermeldung,
  quelltext, quellcode, datenbank, klasse, fonction, programme qui, code source, base de
  données, boucle, tableau d, compiler, función, código, programa en, programa que, base de
  datos, bucle, clase, 代码, 函数, 编程, 程序, 数据库, 算法, 调试, 报错, 死锁, 接口, 脚本, 编译`;

const codeNames = `
  python, javascript, typescript, java, kotlin, c++, rust, golang, go, ruby, php, swift, scala,
  haskell, perl, bash, shell, powershell, sql, html, css, react, vue, angular, node, django,
  flask, express, postgresql, postgres, mysql, sqlite, mongodb, redis, numpy, pandas, pytorch,
  tensorflow, git, github, npm, pip, linux, nginx, graphql, webpack, c#, json schema, lua,
  matlab, assembly, def, return, import, const, await, console, select from, println, printf`;

const mathsWords = `
  solve, equation, equations, calculation, calculations, multiply, multiplied by, divided by,
  integral, integrals, derivative, derivatives, differentiate,
  integrate, probability, calculate, compute, sum of, product of, percent of, percentage,
  fraction, average of, area, perimeter, volume of, triangle, rectangle, circle, radius,
  polynomial, matrix, eigenvalue, determinant, logarithm, algebra, geometry, calculus,
  trigonometry, prime, primes, integer, integers, divisible, factor, factorial, convert, km,
  mph, speed, altogether, in total, each costs, per hour, twice as, half as, times as,
  remainder, arithmetic, modulo, expected number, combinatorics, dice, die, closed form,
  continuous, square root, how fast, simplify, evaluate the, interest rate, profit, berechne,
  berechnen, gleichung, gleichungen, wahrscheinlichkeit, ableitung, fläche, umfang, prozent,
  summe, wurzel, dreieck, urne, löse, calcule, calculer, équation, équations, probabilité,
  dérivée, intégrale, aire, périmètre, divisé, fois combien, résous, somme, combien font,
  multiplié, calcula, calcular, ecuación, ecuaciones, resuelve, probabilidad, derivada, área,
  perímetro, suma, dividido, multiplicado, cuánto es, 计算, 方程, 概率, 积分, 导数, 面积, 周长, 等于, 除以, 乘以,
  求解, 小时, 平方, 分之, 百分`;

const howMany = `
  how many, how much, how long, how far, how old, what percentage, wie viele, wie viel, wieviel,
  wie groß, wie lange, combien de, combien font, quelle est, cuántos, cuántas, cuánto, cuánta,
  多少, 几个, 几小时, 几天`;

const extractionWords = `
  extract, extracting, extracts, pull out, list all, find all, mentioned, identify every,
  identify all, classify, categorize, categorise, label, tag each, parse, named entities,
  entities, sentiment, positive or, fill in, is mentioned, in this, in the following, from this,
  from the, key value, following fields, order number, every obligation, each of, invoice,
  resume below, log lines, extrahiere, extrahieren, finde im, finde alle, klassifiziere, ordne,
  welche firma, liste alle, extrais, extraire, relève, relever, classe les, repère, identifie,
  extrait, extrae, extraer, clasifica, identifica, enumera todos, 提取, 抽取, 识别, 分类, 标注, 列出所有, 解析,
  找出`;

const formatWords = `
  json, csv, xml, yaml, table with, as a table, keys, fields, columns, csv row, as json, iso
  8601, tabelle, liste aus, tableau avec, tabla con, 格式, 表格, 输出`;

const summaryWords = `
  summarize, summarise, summary, summarizing, summarised, summarized, tl dr, tldr, tl;dr, key
  points, main points, main findings, abstract of, an abstract, condense, shorten, in short,
  executive summary, brief overview, recap, sum up, gist, action items, bullet points,
  takeaways, in brief, digest, fasse, zusammenfassung, zusammenfassen, fass, kurzfassung, kürze,
  wichtigsten punkten, kernaussagen, résume, résumé, résumer, synthèse, points clés, en bref,
  points principaux, resume, resumen, resumir, resúmeme, puntos principales, puntos clave,
  sintetiza, 总结, 概括, 摘要, 要点, 概述, 归纳, 简述`;

const translationWords = `
  translate, translates, translation, translated, translating, how do you say, do you, you say,
  localise, localize, subtitle, into english, into french, into german, into spanish, into
  chinese, into japanese, to english, to french, to german, to spanish, to chinese, english
  version, chinese version, german version, in japanese, in english, mean in, english to, from
  english, übersetze, übersetzen, übersetzung, übersetz, ins englische, ins deutsche, ins
  französische, traduis, traduire, traduction, traduisez, en anglais, en allemand, en espagnol,
  dit on, traduce, traducir, traducción, traduzca, al inglés, al francés, al español, al alemán,
  翻译, 译成, 译为, 英文, 中文, 德语, 法语, 日语`;

const languageNames = `
  english, german, french, spanish, italian, portuguese, chinese, japanese, korean, russian,
  arabic, hindi, polish, dutch, turkish, latin, greek, swedish, mandarin, polish audience,
  englisch, deutsch, französisch, spanisch, englische, französische, spanische, chinesisch,
  anglais, allemand, français, espagnol, italien, chinois, inglés, alemán, francés, español,
  chino, 英语, 德文, 法文, 韩语, 西班牙语`;

const reasoningWords = `
  why, explain why, explain your, step by, reasoning, reason, deduce, infer, conclude,
  conclusion, logic, logical, riddle, puzzle, clue, clues, hypothesis, hypotheses, plausible,
  implies, therefore, premise, premises, argument, assumption, most likely, which of, of the
  following, evaluate, critically, causes, cause of, diagnosis, if all, are all, explain how,
  what happened, who owns, analyze, analyse, analysis, implications, consequences, recommend
  one, justify, philosophy, determinism, ethical, warum, weshalb, erkläre, begründe, schritt
  für, ursachen, analysiere, beurteile, logisch, rätsel, pourquoi, explique, raisonne,
  raisonnement, étape par, analyse, causes, déduis, énigme, dit la vérité, por qué, explica,
  razona, razonamiento, paso a, analiza, causas, deduce, acertijo, 为什么, 推理, 逐步, 分析, 原因, 解释, 逻辑,
  如果, 判断`;

const compareWords = `
  compare, compared, comparison, contrast, pros and, trade offs, trade off, tradeoffs,
  advantages, disadvantages, versus, difference between, differences between, strengths and,
  weigh, better than, vergleiche, vergleich, vor und, vorteile, nachteile, unterschied, compare
  les, comparer, avantages, inconvénients, différence entre, compara, comparar, ventajas,
  desventajas, diferencia entre, 比较, 优缺点, 区别, 对比, 利弊`;

const creativeWords = `
  poem, haiku, story, short story, stories, novel, song, lyrics, ballad, sonnet, limerick,
  rhyme, slogan, tagline, imagine, fictional, fiction, character, characters, dialogue,
  screenplay, script for, fairy tale, speech, toast, joke, brainstorm, come up, names for,
  chapter of, narrator, invent, creative, parody, roleplay, pretend, fantasy, science fiction,
  monologue, compose, premises for, gedicht, geschichte, erfinde, märchen, reim, lied, stell
  dir, witz, roman, slogan für, poème, conte, histoire sur, histoire d, invente, imagine,
  chanson, slogan pour, blague, roman, poema, cuento, historia sobre, inventa, imagina, canción,
  eslogan, chiste, novela, 诗, 故事, 小说, 歌词, 想象, 写一首, 短篇, 笑话, 童话, 对白`;

const writingWords = `
  write, draft, create, compose, describe, schreibe, schreib, verfasse, erstelle, entwirf,
  écris, rédige, crée, décris, escribe, redacta, crea, describe, 写一, 写个, 撰写, 创作`;

const smallTalk = `
  hi, hello, hey, thanks, thank, how are, good morning, good evening, bye, nice to, who are,
  hello there, helpful, please help, hallo, danke, guten tag, wie geht, tschüss, bonjour, salut,
  merci, ça va, peux tu, hola, gracias, buenos días, cómo estás, cómo te, 你好, 谢谢, 您好, 你是谁, 再见`;

const adviceWords = `
  any tips, tips, recommend, suggest, suggestions, what should, should i, advice, how do, how
  can, what can, can you, i feel, i like, my dog, places to, was soll, tipps, empfiehl,
  conseils, recommande, que faire, recomiendas, recomienda, consejos, qué hago, 推荐, 建议, 怎么办`;

const constraintWords = `
  must, exactly, at least, at most, without, only, ensure, do not, never, each, every, keep,
  keeps, preserve, preserved, correct, strict, so that, including, except, unless, handle,
  using, format, genau, mindestens, höchstens, ohne, nur, jede, behalte, exactement, sans, au
  moins, chaque, gardant, exactamente, sin, al menos, cada, manteniendo, 必须, 至少, 最多, 不要, 注意, 每个`;

const stepWords = `
  first, then, next, finally, step by, and explain, then explain, also, in addition, after that,
  ends with, zuerst, dann, danach, schließlich, schritt für, ensuite, puis, enfin, étape par,
  primero, luego, después, finalmente, paso a, 首先, 然后, 最后, 逐步`;

const hardWords = `
  design, implement, optimise, optimize, concurrent, concurrency, distributed, complexity,
  architecture, rigorous, formal, nuanced, critically, memory ordering, lock free, idempotent,
  transaction, compliance, contrasts, unreliable narrator, metre, objections, obligations,
  obligation, distinguish, refactor, property test, hypotheses, in depth, comprehensive,
  detailed, several, generalise, generalize, strategy, entwerfe, optimiere, verteilt,
  ausführlich, umfassend, conçois, optimise, approfondie, détaillée, diseña, optimiza,
  exhaustivo, detallado, 设计, 优化, 并发, 分布式, 详细, 深入, 论证`;

const proofWords = `
  prove, prove that, proof, theorem, lemma, induction, derive, contradiction, beweise, beweis,
  satz von, démontre, démontrer, théorème, preuve, demuestra, demostrar, teorema, demostración,
  证明, 定理, 归纳法`;

const easyWords = `
  simple, quick, quickly, short, briefly, one word, one sentence, yes or, basic, just, kurz,
  einfach, kurzes, bref, court, courte, simplement, en una, en une, breve, corto, sencillo, 简单,
  一句话, 简短`;

/** The texts above by their signal. */
export const cueWords: Readonly<Partial<Record<TaskSignal, string>>> = {
  code_words: codeWords,
  code_names: codeNames,
  maths_words: mathsWords,
  how_many: howMany,
  extraction_words: extractionWords,
  format_words: formatWords,
  summary_words: summaryWords,
  translation_words: translationWords,
  language_names: languageNames,
  reasoning_words: reasoningWords,
  compare_words: compareWords,
  creative_words: creativeWords,
  writing_words: writingWords,
  small_talk: smallTalk,
  advice_words: adviceWords,
  constraint_words: constraintWords,
  step_words: stepWords,
  hard_words: hardWords,
  proof_words: proofWords,
  easy_words: easyWords,
};
