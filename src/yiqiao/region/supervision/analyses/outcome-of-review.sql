-- title: 处方审核结果
-- english: Outcomes of the pharmacist's review
-- chart: bar
-- about: 按月：审核通过、未通过、没有审核签名的处方数
-- says: Prescriptions by month that were approved, refused, or never reviewed
SELECT month, count(*) FILTER (approved) AS approved, count(*) FILTER (refused AND NOT approved) AS refused,
       count(*) FILTER (NOT approved AND NOT refused) AS not_reviewed
FROM (SELECT month,
        len(list_filter(coalesce(sign, []), lambda one: one.signType = '2' AND one.auditResult = '1')) > 0 AS approved,
        len(list_filter(coalesce(sign, []), lambda one: one.signType = '2' AND one.auditResult = '2')) > 0 AS refused
      FROM recipe)
GROUP BY ALL ORDER BY month
