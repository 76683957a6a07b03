#include "match/classifier/lexicon.h"

#include <array>
#include <cstddef>

namespace saiph::match {

namespace {

// One line of words a class. The order is the classes' numbers: append, never reorder, and train
// again after any change. Words are lower case; apostrophes are dropped ("dont"). A word that
// stands in two lines belongs to the first.
constexpr std::array<std::string_view, 44> kClasses{
    // to set aside
    "ignore ignores ignored ignoring disregard disregards disregarding forget forgets forgetting "
    "override overrides overriding overwrite bypass bypasses bypassing neglect overlook discard "
    "dismiss overrule supersede supersedes abandon nullify void erase unlearn circumvent evade "
    "sidestep ditch scrap "
    "ignoriere ignorieren vergiss vergessen vergesse missachte missachten umgehe umgehen "
    "ignorez ignorer oublie oubliez oublier contourne contournez ignora ignorar ignorad ignoren "
    "olvida olvide olviden olvidar omite omita dimentica dimenticate dimenticare ignorate ignorare "
    "esqueça esqueca esqueçam negeer negeren vergeet vergeten "
    "игнорируй игнорируйте игнорировать забудь забудьте забыть zignoruj ignoruj zapomnij pomiń "
    "zanedbej glem ignorer glöm ignorera unohda",
    // earlier
    "previous previously prior above earlier preceding foregoing before past former existing "
    "original originally initial initially aforementioned old beforehand "
    "vorherige vorherigen vorheriger obige obigen bisherige bisherigen früheren ursprünglichen "
    "davor zuvor précédent précédente précédentes précédents antérieures dessus anterior "
    "anteriores previo previas previos precedente precedenti prévias vorige eerdere bovenstaande "
    "предыдущие предыдущих прежние выше poprzednie powyższe tidigare",
    // orders
    "instruction instructions instruct instructed prompt prompts rule rules guideline guidelines "
    "directive directives order orders command commands policy policies constraint constraints "
    "restriction restrictions limitation limitations programming protocol protocols mandate "
    "mandates safeguard safeguards guardrail guardrails filter filters "
    "anweisung anweisungen anweisungsliste angaben regeln regel befehl befehle vorgaben "
    "vorschriften instrucción instrucciones reglas órdenes restricciones istruzione istruzioni "
    "regole comandi instrução instruções regras consigne consignes règles directives ordres "
    "instructies regels opdrachten opdracht инструкция инструкции инструкций правила правил "
    "команды instrukcje instrukcji zasady polecenia instruktioner regler aufgaben aufgabe tâche "
    "tâches tarea tareas task tasks assignment assignments",
    // all
    "all any every everything anything whatever each entire whole alle alles sämtliche allen tout "
    "toute toutes tous todo todos todas toda cualquier tutto tutti tutte qualsiasi tudo все всё "
    "всех wszystko wszystkie wszystkich alla allt",
    // the one addressed
    "you your yours yourself yourselves u ur youre youll youve du dein deine deinen deiner dich "
    "dir ihre ihren ihr vous votre vos tu tes toi te usted ustedes tus suyo voi vostro tuo tue "
    "você vocês seu sua jij je jouw uw ты вы твой твои ваш ваши тебе вам ty twoje twoich din dina",
    // the speaker
    "i me my mine myself im ill ive id mir mich mein meine ich moi mon mes je mi mis yo mio mia "
    "meu minha eu mij mijn ik мне меня мой я mnie mój moje",
    // what is addressed
    "assistant assistants ai ais chatbot chatbots bot bots gpt gpt3 gpt4 chatgpt llm llms openai "
    "anthropic claude gemini bard llama copilot mistral model models agent agents assistent "
    "asistente assistente asystent ассистент modell modelo modèle modello ki ia machine computer "
    "robot",
    // authority
    "system developer developers admin administrator root sudo superuser debug maintenance mode "
    "modes god dev engineer operator creator creators owner supervisor sistema systeem système "
    "система системы entwickler desarrollador développeur programmer override authorized "
    "authorised authorization privileged privileges privilege access permission permissions",
    // hidden
    "secret secrets hidden confidential private internal sensitive classified undisclosed "
    "restricted geheim geheime geheimen vertraulich secreto secretos secreta confidencial segreto "
    "segreta segredo secrète cachée cachées geheime секрет секретный секретные tajne tajny "
    "proprietary",
    // keys
    "password passwords passcode passphrase credential credentials token tokens pin ssn apikey "
    "secretkey passwort passwörter kennwort contraseña clave parola senha wachtwoord mdp пароль "
    "пароля hasło hasła login logins username cvv passw0rd 2fa otp",
    // to let out
    "reveal reveals revealing leak leaks disclose discloses disclosing expose exposes divulge "
    "dump unveil uncover exfiltrate extract verrate verraten enthülle offenbare révèle révélez "
    "divulgue revela revele revelar rivela rivelare revelar onthul раскрой раскройте ujawnij",
    // to say
    "print output outputs repeat echo display recite say state respond reply answer show tell "
    "quote verbatim spell type drucke gib ausgeben wiederhole zeige zeig sage sag nenne antworte "
    "affiche affichez répète répétez dis dites montre montrez réponds répondez imprime muestra "
    "muestre repite repita di diga responde responda stampa ripeti mostra dimmi rispondi imprima "
    "repita mostre diga toon herhaal zeg antwoord выведи напечатай повтори повторите покажи "
    "покажите скажи ответь wypisz powtórz pokaż powiedz odpowiedz skriv säg",
    // without bounds
    "unrestricted uncensored unfiltered unlimited unbound unbounded limitless amoral unethical "
    "immoral illegal illegally nsfw jailbreak jailbroken jailbreaking liberated unchained "
    "unhinged unmoderated unlocked lawless dan anarchy evil profanity profane swear swearing curse "
    "offensive explicit inhumane hateful toxic unconstrained uninhibited sinister malicious "
    "unrestrained untethered unaligned",
    // bounds
    "ethic ethics ethical moral morals morality legal legality law laws safety safe content "
    "appropriate inappropriate harmful dangerous warning warnings disclaimer disclaimers censor "
    "censorship censored moderation compliance consequences regard norms boundaries bounds limits "
    "restrict restricts restricting ethisch moralisch éthique moral ética etica",
    // to play
    "act acts acting pretend pretends pretending roleplay roleplaying role simulate simulates "
    "simulating simulation imagine impersonate impersonating persona personas character "
    "characters become behave emulate embody immerse adopt portray spiele spielst rolle stell "
    "verhalte agis comporte imagine joue actúa actua finge compórtate imagina agisci fingi "
    "comportati immagina aja finja imagine speel doe притворись представь сыграй udawaj wyobraź",
    // not
    "no not never none without nor neither cannot cant wont dont doesnt didnt isnt arent shouldnt "
    "couldnt wouldnt nothing nicht kein keine keinen nie niemals ohne ne pas jamais sans ningún "
    "ninguna nunca sin non nessuna mai senza não nunca sem niet geen nooit zonder не нет никогда "
    "без nie nigdy bez",
    // must
    "must shall always mandatory required obligated obliged compulsory necessary need needs have "
    "should supposed ought bound musst müssen immer devez dois doit toujours debes debe siempre "
    "devi deve sempre deves moet altijd должен должна всегда musisz zawsze",
    // now on
    "now henceforth onward onwards hereafter new instead next following start begin restart reset "
    "anew afresh moment nun jetzt ab neu neue neuen stattdessen folgende maintenant désormais "
    "nouveau nouvelle nouvelles ahora nuevo nueva nuevas partir adesso ora nuovo nuova nuove agora "
    "novo nova novas nu nieuwe теперь сейчас новые новый новая teraz nowe nowa",
    // to send
    "send sends sending email emails forward forwards transmit upload uploads post posts mail "
    "submit deliver sende schicke senden envoie envoyez envoyer envía envíe enviar invia inviare "
    "envie stuur verzend отправь отправьте wyślij skicka curl wget fetch request requests",
    // to do to things
    "delete deletes deleting remove removes grant install execute executes run runs download "
    "disable disables enable enabled activate activated unlock transfer transfers withdraw pay "
    "purchase buy sell schedule book cancel terminate turn close open click visit navigate access "
    "modify change update create register unsubscribe lösche löschen installiere supprime "
    "supprimez exécute elimina ejecuta instala borra cancella esegui installa apague execute "
    "verwijder удали выполни usuń wykonaj zainstaluj add invite retrieve locate find get search "
    "check look share give tell make",
    // to put into an answer
    "include includes integrate insert incorporate embed append prepend augment enrich enhance "
    "inject infuse weave blend merge fuse meld mention mentioning promote advertise recommend "
    "encourage emphasize highlight suggest conclude end finish sign",
    // to write
    "write writes compose generate draft craft create describe explain explains summarize "
    "summarise translate list provide elaborate outline discuss define identify compare analyze "
    "analyse classify rewrite paraphrase convert calculate compute solve suggest plan design "
    "develop schreibe schreib erkläre übersetze écris écrivez rédige explique traduis escribe "
    "escriba explica traduce redacta scrivi spiega traduci escreva explique traduza schrijf "
    "vertaal напиши напишите объясни переведи napisz wyjaśnij przetłumacz",
    // what comes back
    "response responses reply replies answer answers message messages conversation chat summary "
    "result results text completion antwort antworten réponse réponses respuesta respuestas "
    "risposta risposte resposta respostas antwoord ответ ответы odpowiedź svar nachricht",
    // in haste
    "important urgent attention priority critical immediately asap alert notice emergency "
    "imperative crucial essential vital mandatory top wichtig dringend sofort achtung urgente "
    "immédiatement attention importante inmediatamente atención subito immediatamente attenzione "
    "imediatamente atenção belangrijk onmiddellijk важно срочно немедленно внимание ważne pilne "
    "natychmiast",
    // to ask
    "what who when where why how which whose whom was wer wann wo warum wie welche quoi qui quand "
    "où pourquoi comment quel quelle qué quién cuándo dónde cómo cuál che chi quando dove perché "
    "come quale que quem onde wat wie wanneer waar waarom hoe что кто когда где почему как co kto "
    "kiedy gdzie dlaczego jak",
    // to ask (verbs)
    "can could would will is are do does did may might am should kannst können könntest peux "
    "pouvez pourriez puedes puede puoi può pode kan kun можешь можете czy możesz",
    // politely
    "please kindly pls plz thanks thank bitte sil plaît por favor per favore alstublieft "
    "пожалуйста proszę tack",
    // to obey
    "comply complies obey obeys follow follows adhere abide execute perform carry fulfill fulfil "
    "proceed befolge folge suis suivez obéis sigue siga obedece segui obbedisci siga obedeça volg "
    "gehoorzaam следуй подчиняйся wykonuj przestrzegaj ensure",
    // code
    "code snippet snippets excerpt block blocks function functions script scripts implementation "
    "codebase algorithm import def python javascript shell bash terminal",
    // web
    "http https www com org net link links url urls website site click href src img html",
    // trial
    "test tests testing debugging diagnostic diagnostics evaluation pipeline verification "
    "experiment experimental hypothetical hypothetically fictional fiction scenario scenarios "
    "research educational purposes suppose lets",
    // codes
    "base64 rot13 hex hexadecimal encode encoded encoding decode decoded decoding reverse "
    "reversed backwards backward morse cipher encrypt decrypt binary ascii translate translated "
    "leetspeak anagram anagrams vowels vowel letters letter spaces punctuation uppercase lowercase "
    "misspell misspellings emoji emojis",
    // belongings
    "data information info details file files inbox contacts contact history calendar account "
    "accounts address addresses bank card balance transaction transactions phone number records "
    "database",
    // carriers
    "webpage resume article table paper document documents paragraph page pages passage context "
    "comment comments caption",
    // to refuse
    "refuse refuses refusal refusing sorry apologize apologies apologise decline declines unable "
    "deny denies reject",
    // third persons
    "he she they him her his hers their them theirs it its er sie il elle ils él ella ellos lui "
    "lei loro ele ela hij zij он она они on ona oni who",
    // telling
    "was were had said told went came did been asked became made took got saw knew thought wrote "
    "called found gave left began",
    // conditions
    "if when unless otherwise whenever once until regardless despite even though although "
    "however because since",
    // articles, links
    "a an the of in to for on at by with from as and or but that this these those der die das ein "
    "eine und le la les un une et el los las una y lo gli e o os as um uma de het een en",
    // trust
    "trust human humans user users person people customer customers someone anyone everyone "
    "friend",
    // belief
    "true truth fact believe know real really actually correct false fake",
    // stay
    "stay remain keep maintain continue break broken confines freed free freedom self aware "
    "sentient",
    // above the text
    "beginning start starting starts first line lines sentence sentences word words exactly "
    "everything sequence token tokens",
    // identity
    "name named called known stands identity id unique version",
};

constexpr std::size_t kSlots = 8192;

struct Table {
  std::array<std::uint32_t, kSlots> hashes{};
  std::array<std::uint8_t, kSlots> classes{};
  std::uint32_t digest = kWordHashSeed;
};

std::size_t slot_of(const Table& table, std::uint32_t hash) {
  std::size_t slot = (hash * 0x9E3779B1U) >> 19U;
  while (table.classes[slot] != kNoWordClass && table.hashes[slot] != hash) {
    slot = (slot + 1) % kSlots;
  }
  return slot;
}

Table build() {
  Table table;
  std::uint8_t number = 0;
  for (const std::string_view line : kClasses) {
    ++number;
    std::uint32_t hash = kWordHashSeed;
    bool word = false;
    const auto end_word = [&] {
      if (!word) return;
      const std::size_t slot = slot_of(table, hash);
      if (table.classes[slot] == kNoWordClass) {
        table.hashes[slot] = hash;
        table.classes[slot] = number;
      }
      hash = kWordHashSeed;
      word = false;
    };
    for (const char c : line) {
      table.digest = extend_word_hash(table.digest, static_cast<std::uint8_t>(c));
      if (c == ' ') {
        end_word();
        continue;
      }
      hash = extend_word_hash(hash, static_cast<std::uint8_t>(c));
      word = true;
    }
    end_word();
    table.digest = extend_word_hash(table.digest, 0);
  }
  return table;
}

const Table& table() {
  static const Table built = build();
  return built;
}

}  // namespace

std::uint8_t word_class(std::uint32_t word_hash) {
  const Table& t = table();
  return t.classes[slot_of(t, word_hash)];
}

std::uint32_t lexicon_digest() {
  return table().digest;
}

}  // namespace saiph::match
