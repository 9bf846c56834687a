-- title: 复诊患者的年龄
-- english: Orders by age
-- chart: bar
-- about: 复诊订单，按十岁一段计
-- says: Orders, by ten years of age
SELECT lower || '–' || (lower + 9) AS age, count(*) AS orders
FROM (SELECT (floor(age / 10) * 10)::INTEGER AS lower FROM "order" WHERE age BETWEEN 0 AND 130)
GROUP BY lower ORDER BY lower
