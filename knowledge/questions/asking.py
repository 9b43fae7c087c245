"""How something is asked: the words that only ask, what kind of answer they want, and who it is about."""

import re
from enum import StrEnum

# Words that shape a question and say nothing about its subject.
_ASKING = re.compile(
    "怎么回事|咋回事|昨天|前天|昨晚|今早|今天|突然|忽然|特别|真的|实在|[愁急烦]死|好几天|发现|有时候?|感觉|好像|其实"
    "|怎么办|怎么样|怎么弄|怎么搞|怎么整|怎么做|怎么|怎样|怎办|咋办|咋整|咋弄|咋样|咋|如何|为什么|为啥|什么时候|什么样|什么"
    "|啥时候|啥|点解|点样|点做|点算|边个|几时|几耐|唔该|乜嘢|(?<![茶边角])几|哪些|哪个|哪里|哪种|哪儿|哪|多少|请问|请教|你好|您好|麻烦|谢谢|求助"
    "|可不可以|可以|能不能|可唔可以|会不会|要不要|使唔使|得唔得|系咪|有冇|唔系"
    "|是不是|有没有|该不该|行不行|好不好|需不需要|需要|应该|应当|一般|到底|究竟|大概|大约|一下|一点|一个|一些|一次"
    "|一直|东西|谁|急(?!诊)|这个|那个|这种|那种|这样|那样|老是|总是|老爱|经常|有点|比较|合适|最好|觉得|知道|告诉|帮我|给我"
    "|我家|咱家|家里|我们|你们|他们|咱们|自己|现在|最近|刚刚|已经|还是|或者|因为|所以|但是|不过|如果|的话|有什么|没有|不能|能否|是否"
    "|办法|建议|推荐|介绍|问下|问问|想问|咨询|求|呗|嘅|咗|紧(?=[\u4e00-\u9fff])|啲|㗎|咩|嚟|佢|嗰|咁|喺|然后|就是说|就是|那个啥|反正|亲们?|姐妹们?|宝子们?|大家|各位"
    "|(?<![重主需必])要(?![求点素])|(?<![理思])想(?!象)|(?<![功智可])能(?![力量])|(?<!应)该|(?<![目])的(?!确)|[吗呢啊吧呀嘛哦哈诶唉嗯哎么]"
    "|了(?!解)|[我你您他她它这那]|(?<=[\u4e00-\u9fff])得(?=[\u4e00-\u9fff])|非常|多[大久少长高远宽]|[是就都也还才又再很太挺](?=[\u4e00-\u9fff])"
)
_NOISE = re.compile(r"https?://\S+|www\.\S+|\[[^\[\]\s]{1,6}\]|@\S+|[\U0001f000-\U0001faff\u2600-\u27bf]")
_MARKER = re.compile(
    "怎|咋|如何|什么|啥|点样|点算|点解|几耐|几时|为何|吗|么|[?]|多少|多[久大长高远宽]|几(?![乎])|哪|能不能|可不可以|要不要|是不是|有没有|请问|想问"
    "|可唔可以|使唔使|得唔得|需不需要|行不行|求|咨询|建议|推荐"
)


class Wants(StrEnum):
    """What kind of answer is asked for."""

    STEPS = "steps"
    TIME = "time"
    LENGTH = "length"
    AMOUNT = "amount"
    MONEY = "money"
    DEGREES = "degrees"
    WHETHER = "whether"
    WHY = "why"
    WHICH = "which"


_WANTS: tuple[tuple[Wants, re.Pattern[str]], ...] = (
    (Wants.MONEY, re.compile("多少钱|几钱|贵不贵|收费|要钱|费用|价格|几块|谁出|谁付|运费")),
    (
        Wants.TIME,
        re.compile(
            "多久|多长时间|几天|几个月|几小时|几时|几耐|几分钟|几年|几岁|几周|什么时候|啥时候|何时|几点|频率|几次"
            "|多大(?:开始|可以|能)"
        ),
    ),
    (Wants.DEGREES, re.compile("多少度|几度|温度|色温|湿度")),
    (Wants.LENGTH, re.compile("多大|多高|多长(?!时间)|多宽|多远|尺寸|距离|高度|长度|宽度|间距|几米|几厘米|几公分")),
    (Wants.AMOUNT, re.compile("多少|几[个片勺滴件颗粒杯套条克毫]|用量|比例|份量")),
    (Wants.WHY, re.compile("为什么|为啥|怎么回事|咋回事|点解|原因|正常吗|怎么会|为何|咋会")),
    (Wants.STEPS, re.compile("怎么|咋|如何|怎样|点样|点算|点做|步骤|方法|流程|办法|怎办|怎么办|技巧|教程|攻略|几步")),
    (
        Wants.WHETHER,
        re.compile(
            "能不能|可不可以|可以|能|行不行|行吗|好吗|要不要|需不需要|有没有|是不是|会不会|该不该|使唔使|得唔得|可唔可以"
            "|得吗|吗|要紧|对不对|好不好"
        ),
    ),
    (Wants.WHICH, re.compile("哪种|哪个|哪款|哪些|选|买什么|什么样|用什么|好还是|还是|推荐|挑")),
)
_OWN = re.compile(
    "(?:^|[,。!?.\\s])我(?:自己)?(?=[\u4e00-\u9fff])"
    "(?![想要能可该应家们的是有在怎会就把被给娃儿女孩又刚才还都也这那没不用买打需先再什咋如宝])"
)
_OTHERS = re.compile("宝宝|宝贝|娃|孩|崽|bb|仔|[他她它佢]")
_TO_DO = re.compile("怎么办|怎办|咋办|咋整|点算|(?:怎么|怎样|如何|咋|点样)(?:护理|处理|照顾|缓解|弄|整|搞)")
_ILL = re.compile(
    "发热|发烧|腹泻|拉肚子|拉稀|便秘|疹|吐|咳|痛|疼|摔|掉床|吞|烫|痒|肿|血|病|过敏|呛|抽搐|鼻塞|不舒服|感冒"
)
GAP = "\n"  # stands where a word was taken out: its neighbours do not become neighbours
NEAR = 12  # characters around a question word that are what is asked
_FAR = 0.3  # weight of what stands furthest from it


def bare(plain: str) -> str:
    """A canonical question without links, emoji, pictures in brackets and names that were called; places move."""
    return _NOISE.sub(" ", plain)


def without_asking(plain: str) -> str:
    """A text of the same length in which the words that only ask are gaps."""
    return _ASKING.sub(lambda found: GAP * len(found.group()), plain)


def wants(plain: str) -> frozenset[Wants]:
    """What kinds of answer a canonical question asks for."""
    return frozenset(kind for kind, pattern in _WANTS if pattern.search(plain))


def focus(plain: str) -> list[float]:
    """For each place of a canonical question how much it counts: a long story counts less than what is asked in it."""
    if len(plain) <= 3 * NEAR:
        return [1.0] * len(plain)
    marked = [at for found in _MARKER.finditer(plain) for at in (found.start(), found.end() - 1)]
    if not marked:
        return [1.0] * len(plain)
    weights = []
    for at in range(len(plain)):
        far = min(abs(at - mark) for mark in marked)
        weights.append(1.0 if far <= NEAR else max(_FAR, 1.0 - (far - NEAR) / 30))
    return weights


def of_the_asker(plain: str) -> bool:
    """Whether a canonical question is about the one who asks, and about no child of theirs."""
    return bool(_OWN.search(plain)) and not _OTHERS.search(plain)


def asks_what_to_do(plain: str) -> bool:
    """Whether steps are wanted rather than an explanation."""
    return bool(_TO_DO.search(plain))


def of_illness(plain: str) -> bool:
    """Whether a canonical question speaks of an illness or an accident."""
    return bool(_ILL.search(plain))
