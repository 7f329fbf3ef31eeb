// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

namespace lectern::unicode {

namespace {

// Written in each language's own spelling; what is compared is folded. Left out on purpose, as they
// are nouns or verbs in another of the nine languages: de "die" (en "to die"), "war", "man", "hat",
// "für" (en "fur"); fr "car", "son", "sur", "mes"; nl "van", "door", "want", "ten"; it "come",
// "due", "dove", "sue"; pt and es "os", "dos".
constexpr std::string_view kEnglish =
    "a about above according after again against all also although always am among an and another "
    "any anyone anything are around as at be became because been before being below between both "
    "but by can cannot could did do does doing done down during each either else ever every few "
    "for from further get gets given had has have having he her here hers herself him himself his "
    "how however i if in into is it its itself just let many may me might more most much must my "
    "myself neither no nor not now of off often on once one only onto or other our ours out over "
    "own per please quite rather really same shall she should since so some such tell than that "
    "the their theirs them themselves then there therefore these they this those though through "
    "thus to too under until up upon very was we were what whatever when where whether which while "
    "who whom whose why will with within without would yet you your yours don't doesn't didn't "
    "isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't hasn't haven't it's "
    "that's there's i'm you're we're they're let's what's";

constexpr std::string_view kSpanish =
    "a al algo alguien algún alguna algunas alguno algunos allí ante antes aquel aquella aquellas "
    "aquellos aquí así aun aún aunque bajo bien cada casi como cómo con contra cual cuál cuales "
    "cuáles cualquier cuando cuándo cuanto cuánto cuya cuyo de del desde donde dónde durante e el "
    "él ella ellas ello ellos en entonces entre eran eres es esa esas ese eso esos esta está están "
    "estar estas este esto estos estoy fue fueron ha había haber habían han hasta hay he hemos "
    "incluso la las le les lo los luego más me mediante mi mientras mis mucha muchas mucho muchos "
    "muy nada ni no nos nosotros nuestra nuestro nuestros o otra otras otro otros para pero poco "
    "por porque pues que qué quien quién quienes se según ser será si sí sido siempre siendo sin "
    "sino sobre solo sólo somos su sus también tampoco tan tanto te tener tengo ti tiene tienen "
    "toda todas todavía todo todos tras tu tú tus u un una unas uno unos usted ustedes y ya yo";

constexpr std::string_view kFrench =
    "à afin ai ainsi alors après as au aucun aucune aujourd'hui auquel aussi autre autres aux "
    "avait "
    "avant avec avez avoir avons ayant c'est ça ce ceci cela celle celles celui cependant "
    "ces cet cette ceux chaque chez comme comment contre d'un d'une dans de depuis des dès doit "
    "donc dont du elle elles en encore entre es est et étaient était étant été être eu eux furent "
    "fut il ils j'ai je l'on la là laquelle le lequel les lesquels leur leurs lorsque lui ma mais "
    "malgré me même mêmes moi moins n'est n'a ne ni non nos notre nous on ont ou où par "
    "parce pas pendant peu peut peuvent plus plusieurs pour pourquoi presque puis puisque qu'il "
    "qu'elle qu'un qu'une quand que quel quelle quelles quels qui quoi quoique s'il s'est sa sans "
    "se selon sera seront ses si soit sommes sont sous souvent soyez suis ta te tel telle tes toi "
    "tous tout toute toutes très trop tu un une vers voici voilà vos votre vous y";

constexpr std::string_view kPortuguese =
    "a à ainda além algo alguém algum alguma algumas alguns ali antes ao aos apenas após aquela "
    "aquelas aquele aqueles aquilo as às até através cada com como conforme contra cuja cujo da "
    "das de dela delas dele deles depois desde dessa desse desta deste disso do durante e é "
    "ela elas ele eles em enquanto então entre esse essa essas esses esta está estão este "
    "estas estes estar estava eu foi foram há havia isso isto já lhe lhes mais mas me mediante "
    "mesma mesmo meu meus mesmos minha minhas muita muitas muito muitos na não nas nem nenhum "
    "nessa "
    "nesse nesta neste no nós nos nossa nosso num numa o onde ou outra outras outro outros "
    "para pela pelas pelo pelos perante pode podem pois por porque porquê porém qual quais "
    "qualquer "
    "quando quanto que quê quem se segundo seja sejam são sem sempre sendo ser será seu seus sido "
    "sob "
    "sobre somente sua suas só tal também tão te tem têm tendo ter teve teu todo toda todas todos "
    "tua tudo um uma umas uns você vocês vos";

constexpr std::string_view kItalian =
    "a ad affinché ai agli al alcuna alcune alcuni alcuno alla alle allo allora altra altre altri "
    "altro anche ancora avere aveva avevano c'è che chi ci ciascuno ciò cioè coi col com'è con "
    "contro così cui da dagli dai dal dalla dalle dallo degli dei del dell della delle dello "
    "dentro di dopo dov'è dunque durante e è ed egli ella eppure erano essa esse essendo essere "
    "essi esso fino fra già gli ha hai hanno ho i il in infatti inoltre invece io l la le lei li "
    "lo "
    "loro lui ma me medesimo mentre mi mia mie miei mio molta molte molti molto ne né neanche "
    "negli "
    "nei nel nell nella nelle nello nessun nessuna nessuno noi non nostra nostro o od ogni ognuno "
    "oltre oppure ovvero per perché perciò però più poi poiché presso prima proprio può pur qual "
    "quale quali qualche quando quanto quasi quel quella quelle quelli quello questa queste questi "
    "questo qui quindi quanti se secondo sei sempre senza si sia siamo siano siete solo sono sopra "
    "sotto stata state su sua sugli sui sul sulla sulle sullo suo suoi tali "
    "tanto te ti tra tranne tu tua tutta tutte tutti tutto un una uno verso vi voi vostra vostro";

constexpr std::string_view kDutch =
    "aan achter al aldus alle alleen als altijd andere anders beide ben bij binnen boven buiten "
    "daar daarbij daarin daarmee daarna daarom daarop daarvan dan dat de deze dezelfde dit "
    "doch doen dus echter een één eens en enige enkele er even geen geweest gij haar had hadden "
    "heb hebben hebt heeft heel hem het hetzelfde hier hierbij hij hoe hun ieder iedere iedereen "
    "iemand iets ik in indien is ja je jij jou jouw jullie kan kon konden kunnen maar me meer "
    "met mij mijn moet moeten mogen na naar naast niet niets nog noch nu of ofwel om omdat onder "
    "ons onze ook op over reeds sinds slechts sommige steeds te tegen ter terwijl tijdens toch "
    "toen tot tussen u uit uw vanaf veel volgens voor vooral waar waarbij waarom waarop waarvan "
    "wanneer waren was wat wel welke werd werden wie wij worden wordt we zal ze zeer zich zij zijn "
    "zo zoals zonder zou zouden zullen";

constexpr std::string_view kGerman =
    "ab aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes "
    "auch auf aus außer bei beim beide beiden bereits bis bist da dabei dadurch dafür damit "
    "danach dann daran darauf daraus darin darüber das dass daß dasselbe davon dazu dein deine dem "
    "denen denn dennoch der deren des deshalb dessen desto dich dies diese diesem diesen dieser "
    "dieses dir doch dort du durch ebenso ein eine einem einen einer eines einige einigen einmal "
    "er "
    "es etwa etwas euch euer gegen gewesen habe haben hatte hatten hier hinter ich ihm ihn "
    "ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem ins ist ja je jede jedem jeden jeder "
    "jedes jedoch jene jener jetzt kann kannst kein keine keinem keinen keiner können könnte "
    "machen mein meine meinem meiner mich mir mit muss muß müssen nach nachdem nicht nichts noch "
    "nun nur ob oder ohne sehr seid sein seine seinem seinen seiner seines seit sich sie sind so "
    "sobald sofern solche solchen soll sollen sollte sondern sonst soweit sowie über um und uns "
    "unser unsere unter viel viele vom von vor während wann warum was wegen weil welche welchem "
    "welchen welcher welches wenn wer werde werden wie wieder wir wird wo wobei wodurch worden "
    "wurde wurden würde würden zu zum zur zwar zwischen";

constexpr std::string_view kArabic =
    "في من على إلى الى عن مع هذا هذه هؤلاء ذلك تلك الذي التي الذين اللذين اللذان اللتين اللواتي "
    "اللاتي أن إن أنّ إنّ أنه إنه أنها إنها كان كانت كانوا يكون تكون ليكون ما ماذا لماذا متى أين "
    "كيف كم أي أية هل لا لم لن ليس ليست أو و ف ثم بل لكن لكنّ حتى إذا إذ لو قد لقد سوف كل بعض جميع "
    "غير سوى بين أمام خلف تحت فوق قبل بعد عند عندما حين حيث حول خلال منذ دون بدون ضد نحو لدى هو هي "
    "هم هن هما أنا نحن أنت أنتم أنتن له لها لهم لك لي لنا به بها بهم فيه فيها فيهم منه منها منهم "
    "عليه عليها عليهم إليه إليها إليهم عنه عنها معه معها كما كذلك أيضا هنا هناك لأن لأنه لأنها "
    "كلما مما بما فيما عما مثل وهو وهي ولا وفي ومن وعلى وإلى وأن وكان وقد فإن ولم ولن ذات ذو أحد "
    "إحدى أكثر أقل جدا فقط إلا أما إما كلا كلتا";

constexpr std::string_view kHebrew =
    "של את על אל עם מן לא כן כי אם או גם אך אבל אלא רק אף כל זה זאת זו אלה אלו הוא היא הם הן אני "
    "אנחנו אנו אתה אתם אתן היה היתה הייתה היו יהיה תהיה יהיו להיות הינו הינה הנו הנה יש אין מה מי "
    "מתי איפה היכן איך כיצד למה מדוע כמה איזה איזו אילו אשר שבו שבה שהוא שהיא שהם לו לה להם להן לי "
    "לנו לך לכם בו בה בהם בהן בי בנו ממנו ממנה מהם מהן אותו אותה אותם אותן אותי אותנו שלו שלה שלהם "
    "שלהן שלי שלנו שלך עליו עליה עליהם אליו אליה אליהם עמו עמה איתו איתה לפני אחרי תחת מעל מתחת "
    "בין "
    "ליד אצל בתוך מתוך תוך עד מאז כאשר כש כאילו כמו כך לכן משום מפני בגלל למרות אולם ואולם הרי עוד "
    "כבר מאוד יותר פחות ביותר כאן פה אז עכשיו תמיד בלי ללא בלבד וגם ולא ואת ועל והוא והיא זהו "
    "זוהי לפי כדי לשם ידי אחד אחת אחר אחרת אחרים כלומר";

constexpr std::array kStopWords = {kEnglish, kSpanish, kFrench, kPortuguese, kItalian,
                                   kDutch,   kGerman,  kArabic, kHebrew};

// Left out although they negate in their language: it "mai" (May in German and French), nl "noch"
// (still in German), pt "só" (en and de "so"), fr "ne" (it "ne"); fr "personne", ar "ما" and he
// "אל", which mostly are something else.
constexpr std::string_view kNegations =
    // English
    "not no never neither nor none nothing nobody nowhere cannot without except excepting "
    "excluding "
    "only unless solely exclusively don't doesn't didn't isn't aren't wasn't weren't can't "
    "couldn't "
    "won't wouldn't shouldn't mustn't hasn't haven't hadn't ain't "
    // Spanish
    "nunca jamás sin salvo excepto solo sólo solamente únicamente ni ningún ninguno ninguna nada "
    "nadie tampoco exclusivamente "
    // French
    "pas non jamais sans sauf excepté hormis seulement uniquement aucun aucune rien "
    "exclusivement n'est n'a n'ont n'y n'en n'était "
    // Portuguese
    "não sem exceto somente apenas unicamente nem nenhum nenhuma ninguém jamais "
    // Italian
    "senza tranne eccetto soltanto solamente unicamente nessuno nessun nessuna nulla niente "
    "neanche nemmeno neppure esclusivamente "
    // Dutch
    "niet geen nooit zonder behalve alleen slechts tenzij niets niemand nergens uitsluitend "
    // German
    "nicht kein keine keinen keinem keiner keines nie niemals ohne außer nur lediglich "
    "ausschließlich weder nichts niemand nirgends ausgenommen "
    // Arabic
    "لا ليس ليست ليسوا لست لم لن غير بدون دون إلا سوى فقط أبدا مطلقا باستثناء عدا ولا ولم ولن "
    // Hebrew
    "לא אין אינו אינה אינם אינן איני אינך בלי ללא רק אלא מלבד למעט זולת לבד בלבד מעולם ולא ואין "
    "שלא "
    "שאין";

using WordSet = std::unordered_set<std::string>;

void addWords(WordSet& set, std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    if (end > 0) set.insert(fold(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool contains(const WordSet& set, std::string_view word) {
  return set.find(std::string(word)) != set.end();
}

}  // namespace

bool isStopWord(std::string_view foldedWord) {
  static const WordSet stopWords = [] {
    WordSet set;
    for (const std::string_view list : kStopWords) addWords(set, list);
    return set;
  }();
  return contains(stopWords, foldedWord);
}

bool isNegation(std::string_view foldedWord) {
  static const WordSet negations = [] {
    WordSet set;
    addWords(set, kNegations);
    return set;
  }();
  return contains(negations, foldedWord);
}

}  // namespace lectern::unicode
